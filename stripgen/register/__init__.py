"""The register of what was released: append-only and hash-chained, in SQLite or in the pharmacy's own database."""
