"""What moves runs: intake, worker, runner, courier, control, housekeeping. They meet at the store and nowhere else."""
