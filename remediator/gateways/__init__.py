"""Our side of outside systems, one file or folder each. A gateway translates its SDK's errors into ours in one place."""
