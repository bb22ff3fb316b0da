"""From a recipe to objects: data, model, optimizer, sampler, extractor; a kind of part a file."""
