"""What a person types, at a prompt or as an option, and what it asks for."""
