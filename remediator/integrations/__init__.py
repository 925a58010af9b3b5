"""The outside systems, one folder each with everything that is known about it. They never import each other."""
