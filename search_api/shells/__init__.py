"""The command line's verbs, one module for each tool."""
