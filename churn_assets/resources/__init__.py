"""The Dagster shell: partitions, resources, the IO manager of the lake, contract checks, and how runs are started."""
