"""The commands: one module a command or a group of commands, named after its door."""
