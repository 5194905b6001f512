"""Routes of patrols: visits that close gaps, and tours that cover streets."""
