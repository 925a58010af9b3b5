"""Large bodies are read in a process apart, which can be given up: `process` is our side of it, `child` the other."""
