"""Files at the edge: district files, imports and exports."""
