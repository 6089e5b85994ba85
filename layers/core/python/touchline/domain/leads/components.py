"""Connected components of links between leads: who belongs to one group, whatever the order of the links."""

import numpy as np
import numpy.typing as npt

type Ids = npt.NDArray[np.int64]
type Nodes = npt.NDArray[np.int64]


def roots(left: Ids, right: Ids) -> tuple[Ids, Ids]:
    """The group of every lead that a link names.

    Parameters
    ----------
    left, right : shape (n,)
        Links between leads, in any order and any direction; repeated ones and links of a lead with itself are harmless.

    Returns
    -------
    ids, root : shape (m,), m <= 2 n
        Every id that occurs, ascending and once, and the smallest id of its component.

    Notes
    -----
    Every root takes the smallest root that it is linked with for its parent, then every path is made one step long,
    until no link joins two roots (Liu and Tarjan, "Simple concurrent labeling algorithms for connected components":
    at most log² of the nodes in rounds). The smallest, not just any smaller one: else a hub of a million links that
    has the largest id takes a million rounds, and a list of leads can be made to look like that.
    """
    count = len(left)
    ids, places = np.unique(np.concatenate([left, right]).astype(np.int64, copy=False), return_inverse=True)
    parents = np.arange(len(ids), dtype=np.int64)
    links, others = places[:count], places[count:]
    while links.size:
        np.minimum.at(parents, np.maximum(links, others), np.minimum(links, others))
        parents = _compressed(parents)
        links, others = parents[links], parents[others]
        apart = links != others
        links, others = links[apart], others[apart]
    return ids, ids[parents]


def _compressed(parents: Nodes) -> Nodes:
    """Every node's parent is its root: each pass halves the paths."""
    while True:
        jumped = parents[parents]
        if np.array_equal(jumped, parents):
            return parents
        parents = jumped
