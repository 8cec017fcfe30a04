"""The strip plan (PDF): pages laid out as data in millimetres, then drawn. The only room that uses reportlab."""
