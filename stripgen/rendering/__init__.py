"""From a plan to bytes: the PDF, the sheet and the terminal. Nothing is computed here that a reader could act on."""
