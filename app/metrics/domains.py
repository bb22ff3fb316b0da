"""How a classifier fares on an unlabelled domain, and how far apart two domains lie."""

import numpy as np
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def information_maximization(logits):
    """Returns how sure and how varied predictions are, in nats; higher is better, at most ln K.

    Use it to choose between models where the target has no labels: no label enters.

    Formula: `H(mean p) - mean H(p)`, H the entropy, p = softmax(logits).

    Args:
        logits: float `(n, classes)` on target images.

    Example:
        >>> round(information_maximization(np.eye(2) * 99), 3)  # sure, and of both classes
        0.693

    References:
        Musgrave, Belongie, Lim 2022, arXiv:2111.15672 (as a validator); Shi, Sha 2012.
    """
    chances = special.softmax(np.asarray(logits, np.float64), axis=1)
    marginal = special.entr(chances.mean(axis=0)).sum()
    return float(marginal - special.entr(chances).sum(axis=1).mean())


def soft_neighbourhood_density(logits, temperature=0.05):
    """Returns the mean entropy of similarities between predictions, in nats; higher is better.

    Use it beside `information_maximization`: it is high where images fall into dense groups.

    Formula: rows p_i / |p_i|, S = their cosines without the diagonal, `mean_i H(softmax(S_i / t))`.

    Args:
        logits: float `(n, classes)` on target images, n at least 3; the cost is n^2.
        temperature: float > 0, t.

    Example:
        >>> soft_neighbourhood_density(np.zeros((4, 2)))  # ln 3: three neighbours, all alike
        1.0986122886681098

    References:
        Saito et al. 2021, arXiv:2108.10860, eq. 2 to 4.
    """
    chances = special.softmax(np.asarray(logits, np.float64), axis=1)
    chances /= np.linalg.norm(chances, axis=1, keepdims=True)
    similar = chances @ chances.T / temperature
    np.fill_diagonal(similar, -np.inf)
    return float(special.entr(special.softmax(similar, axis=1)).sum(axis=1).mean())


def proxy_a_distance(source, target, seed=0):
    """Returns the proxy A-distance of two sets of features, 0 (alike) to 2 (told apart always).

    Formula: `2 (1 - 2 e)`, e the error of a logistic regression that tells the domains apart, on
    the half of the features it was not fitted to; below 0 is set to 0.

    Args:
        source: float `(n, features)`.
        target: float `(m, features)`.
        seed: int; which half.

    Example:
        >>> proxy_a_distance(np.zeros((20, 1)), np.ones((20, 1)))
        2.0

    References:
        Ben-David et al. 2010, Machine Learning 79; Ganin et al. 2016, arXiv:1505.07818, eq. 3.
    """
    features = np.concatenate([source, target]).astype(np.float64)
    domains = np.repeat([0, 1], [len(source), len(target)])
    order = np.random.default_rng(seed).permutation(len(features))
    fitted, held = np.array_split(order, 2)
    scaler = StandardScaler().fit(features[fitted])
    judge = LogisticRegression(max_iter=1000).fit(
        scaler.transform(features[fitted]), domains[fitted]
    )
    error = 1.0 - judge.score(scaler.transform(features[held]), domains[held])
    return max(0.0, 2.0 * (1.0 - 2.0 * float(error)))
