"""stripgen: from an approved taper order to a printed strip plan, pouch labels and a dispensing sheet."""

__version__ = "0.1.0"
