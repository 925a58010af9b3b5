"""What moves runs: intake, worker, runner, courier, control, keeper. They meet at the store and nowhere else."""
