"""What is known about AWS's things: pure."""
