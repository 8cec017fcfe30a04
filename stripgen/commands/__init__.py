"""The commands, a file for each kind; loaded when one is called. They parse, call and print, and decide nothing."""
