"""SavedModels of a run, a kind of model a file, each reloaded and compared before it is kept."""
