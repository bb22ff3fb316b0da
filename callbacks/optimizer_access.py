"""Reaches into a compiled optimizer: builds it early and runs code after each of its updates."""

import contextlib


def core_optimizer(model):
    """The optimizer that moves the weights: the inner one under a LossScaleOptimizer."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ValueError(
            "Expected a compiled model. Received a model without an optimizer: "
            "call model.compile(optimizer=...) before fit."
        )
    return getattr(optimizer, "inner_optimizer", optimizer)


def strategy_scope(model):
    """The scope in which TensorFlow's distribution wants variables made; empty elsewhere."""
    strategy = getattr(model, "distribute_strategy", None)
    return strategy.scope() if strategy is not None else contextlib.nullcontext()


def build_optimizer(model):
    """Builds the optimizer if every layer has its weights; returns whether it is built."""
    optimizer = model.optimizer
    if not optimizer.built and all(layer.built for layer in model._flatten_layers()):
        with strategy_scope(model):
            optimizer.build(model.trainable_variables)
    return optimizer.built


def _wrapped(optimizer, method):
    """The wrapper around one method of one optimizer, made at the first call."""
    wrapper = optimizer.__dict__.get(method)
    if wrapper is None or not hasattr(wrapper, "listeners"):
        own, plain = optimizer.__dict__.get(method), getattr(optimizer, method)

        def wrapper(*args, **kwargs):
            for before, _ in wrapper.listeners:
                before()
            result = plain(*args, **kwargs)
            for _, after in wrapper.listeners:
                after()
            return result

        wrapper.listeners, wrapper.own = [], own
        setattr(optimizer, method, wrapper)
    return wrapper


def _nothing():
    pass


def listen(optimizer, method, before=None, after=None):
    """Calls `before` and `after` around a method of this optimizer, also inside a compiled step.

    Returns a function that ends the listening; with the last listener the wrapper goes too, and
    what another had put in the place of the method before stands there again.
    """
    wrapper = _wrapped(optimizer, method)
    pair = (before or _nothing, after or _nothing)
    wrapper.listeners.append(pair)

    def stop():
        if pair in wrapper.listeners:
            wrapper.listeners.remove(pair)
        if not wrapper.listeners and optimizer.__dict__.get(method) is wrapper:
            delattr(optimizer, method)
            if wrapper.own is not None:
                setattr(optimizer, method, wrapper.own)

    return stop
