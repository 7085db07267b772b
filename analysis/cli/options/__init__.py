"""The options of each command, one file per command or small family."""
