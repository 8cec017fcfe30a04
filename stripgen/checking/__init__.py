"""What is printed, read once more as a patient or a nurse would. Knows texts and the order, not how they came about."""
