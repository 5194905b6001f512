"""Studies: one file for each thing that a command or a page asks for."""
