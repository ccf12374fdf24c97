"""What only tests and benchmarks need on a machine, beside Python packages."""
