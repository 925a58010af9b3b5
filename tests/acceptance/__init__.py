"""The whole daemon as a real process, real parts around it, and stories told from the outside."""
