"""Our side of outside systems, one file or folder each; a gateway translates its SDK's errors in one place."""
