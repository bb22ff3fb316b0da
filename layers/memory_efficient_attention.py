"""Exact attention in memory that grows with the number of tokens, not with its square."""

import math

from keras import ops

CHUNK = 512
HIDDEN = -1e30  # the score of a key that only pads the last chunk; finite, so that no NaN appears


def memory_efficient_attention(query, key, value, chunk=CHUNK):
    """softmax(q k^T) v, tile by tile: the same output and gradient, without the square of scores.

    Use it where tokens x tokens does not fit, or barely: the tokens are cut into equal chunks of at
    most `chunk`, and only one tile, chunk x chunk, of the scores exists at a time. The backward
    pass computes the tiles again instead of keeping them: seven matrix products instead of six.

    Formula:
        forward, for each chunk of queries, over the chunks of keys, with s = q k^T:
            top' = max(top, max s); w = exp(s - top'); keep = exp(top - top')
            total = keep * total + sum w;  read = keep * read + w v
        output = read / total, log_total = top + log(total)
        backward, for each chunk of keys, over the chunks of queries, with g = d loss / d output:
            w = exp(s - log_total); dv += w^T g; ds = w * (g v^T - sum(g * output))
            dq += ds k; dk += ds^T q

    Args:
        query: float, shape `(batch, queries, size)`, already divided by sqrt(size).
        key: float, shape `(batch, keys, size)`.
        value: float, shape `(batch, keys, value_size)`.
        chunk: int >= 1; most tokens of a chunk. Sums are kept in float32 under any dtype.

    Returns:
        Float, shape `(batch, queries, value_size)`.

    Raises:
        ValueError: if the number of tokens is not known when the graph is built.

    Example:
        ```python
        read = memory_efficient_attention(*np.zeros((3, 8, 4096, 64), "float32"))
        ```

    Source:
        Rabe and Staats 2021, arXiv:2112.05682, section 3 (chunks of queries and keys); Dao et al.
        2022, arXiv:2205.14135, algorithms 1 and 4 (backward pass from the logarithm of the sum).
    """
    counts = query.shape[1], key.shape[1]
    if None in counts:
        raise ValueError(
            "Memory-efficient attention cuts the tokens into chunks and must know their number "
            f"before it runs. Received: (queries, keys) = {counts}. Give the input a fixed size, "
            "or use the standard kernel."
        )
    queries, keys = (_Chunks(count, chunk) for count in counts)
    size, dtype = value.shape[-1], query.dtype

    def scores(some_queries, some_keys, index):
        tile = ops.cast(ops.matmul(some_queries, ops.swapaxes(some_keys, -1, -2)), "float32")
        if keys.padding:
            position = index * keys.size + ops.arange(keys.size)
            tile = ops.where(position < keys.tokens, tile, HIDDEN)
        return tile

    @ops.custom_gradient
    def attention(query, key, value):
        query, key, value = queries.cut(query), keys.cut(key), keys.cut(value)
        rows = (ops.shape(query)[1], queries.size)

        def read_row(row, outputs, log_totals):
            some_queries = query[row]

            def read_tile(column, read, top, total):
                tile = scores(some_queries, key[column], column)
                new_top = ops.maximum(top, ops.max(tile, axis=-1, keepdims=True))
                keep, weights = ops.exp(top - new_top), ops.exp(tile - new_top)
                total = total * keep + ops.sum(weights, axis=-1, keepdims=True)
                return read * keep + _product(weights, value[column], dtype), new_top, total

            start = ops.zeros((*rows, size)), ops.full((*rows, 1), HIDDEN), ops.zeros((*rows, 1))
            read, top, total = _in_turn(keys.count, read_tile, start)
            return _put(outputs, row, read / total), _put(log_totals, row, top + ops.log(total))

        start = ops.zeros((queries.count, *rows, size), dtype), ops.zeros((queries.count, *rows, 1))
        outputs, log_totals = _in_turn(queries.count, read_row, start)

        def gradient(*arguments, upstream=None):
            if upstream is None:
                (upstream,) = arguments
            upstream = queries.cut(upstream)
            share = ops.cast(upstream, "float32") * ops.cast(outputs, "float32")
            share = ops.sum(share, axis=-1, keepdims=True)

            def column_gradient(column, to_query, to_key, to_value):
                some_keys, some_values = key[column], value[column]

                def tile_gradient(row, to_query, to_keys, to_values):
                    some_queries, above = query[row], upstream[row]
                    weights = ops.exp(scores(some_queries, some_keys, column) - log_totals[row])
                    to_values = to_values + _product(ops.swapaxes(weights, 1, 2), above, dtype)
                    to_weights = ops.matmul(above, ops.swapaxes(some_values, -1, -2))
                    to_scores = weights * (ops.cast(to_weights, "float32") - share[row])
                    to_keys = to_keys + _product(ops.swapaxes(to_scores, 1, 2), some_queries, dtype)
                    more = to_query[row] + _product(to_scores, some_keys, dtype)
                    return _put(to_query, row, more), to_keys, to_values

                start = [ops.zeros_like(part, "float32") for part in (some_keys, some_values)]
                to_query, *parts = _in_turn(queries.count, tile_gradient, (to_query, *start))
                return to_query, _put(to_key, column, parts[0]), _put(to_value, column, parts[1])

            start = ops.zeros_like(query, "float32"), ops.zeros_like(key), ops.zeros_like(value)
            to_query, to_key, to_value = _in_turn(keys.count, column_gradient, start)
            return ops.cast(queries.join(to_query), dtype), keys.join(to_key), keys.join(to_value)

        return queries.join(outputs), gradient

    return attention(query, key, value)


class _Chunks:
    """How a number of tokens is cut into equal chunks, the last one padded with zeros."""

    def __init__(self, tokens, most):
        self.tokens = tokens
        self.count = math.ceil(tokens / most)
        self.size = math.ceil(tokens / self.count)
        self.padding = self.count * self.size - tokens

    def cut(self, inputs):
        """(batch, tokens, size) to (count, batch, chunk, size)."""
        if self.padding:
            inputs = ops.pad(inputs, ((0, 0), (0, self.padding), (0, 0)))
        inputs = ops.reshape(inputs, (-1, self.count, self.size, inputs.shape[-1]))
        return ops.transpose(inputs, (1, 0, 2, 3))

    def join(self, chunks):
        """The inverse of `cut`."""
        tokens = ops.transpose(chunks, (1, 0, 2, 3))
        tokens = ops.reshape(tokens, (-1, self.count * self.size, chunks.shape[-1]))
        return tokens[:, : self.tokens]


def _in_turn(count, body, state):
    """The state after `state = body(index, *state)` for 0..count-1, one after the other.

    A bare loop of TensorFlow starts up to ten rounds at once and holds ten tiles; so the next index
    waits for this round's result. No number is above infinity: what is added is always zero.
    """

    def round_(index, *state):
        state = body(index, *state)
        wait = ops.cast(ops.ravel(state[0])[0] > math.inf, "int32")
        return (index + 1 + wait, *state)

    first = ops.convert_to_tensor(0, "int32")
    return ops.while_loop(lambda index, *_: index < count, round_, (first, *state))[1:]


def _product(weights, values, dtype):
    """The product of two matrices, multiplied in `dtype`, in float32."""
    return ops.cast(ops.matmul(ops.cast(weights, dtype), values), "float32")


def _put(chunks, index, chunk):
    """The chunks with one of them replaced."""
    return ops.slice_update(chunks, (index, 0, 0, 0), ops.cast(chunk, chunks.dtype)[None])
