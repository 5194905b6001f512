"""The grid: laying cells, numbering them, checking the tiling, joining layers to cells."""
