"""The lab without the talk: lists experiments, runs one, and writes its curves to files."""
