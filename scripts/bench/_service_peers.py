"""What networkx and pandana answer, run by their own python; see service_nearest.py."""

import sys
import time

import numpy as np
import pandas as pd


def main(task, given, answer):
    """Read the streets and places, answer, write the answers and the best seconds."""
    told = np.load(given)
    np.savez(answer, **{"nearest": nearest, "range": in_range}[task](told))


def nearest(told):
    """Nearest of some sites to every person, all on nodes."""
    import networkx as nx

    graph = nx.Graph()
    pairs = zip(told["ends"].tolist(), told["length_m"].tolist(), strict=True)
    graph.add_weighted_edges_from((u, v, m) for (u, v), m in pairs)
    sites, people = told["sites"].tolist(), told["people"]
    seconds, far = timed(lambda: nx.multi_source_dijkstra_path_length(graph, sites))
    found = {"networkx": np.array([far[one] for one in people.tolist()]), "networkx_s": seconds}
    build_s, network = timed(lambda: lay(told), 2)
    x, y = told["xy"][told["sites"]].T
    reach = float(found["networkx"].max()) + 1000
    network.set_pois("sites", reach, 1, pd.Series(x), pd.Series(y))

    def ask():
        return network.nearest_pois(reach, "sites", num_pois=1)

    def build_and_ask():
        fresh = lay(told)
        fresh.set_pois("sites", reach, 1, pd.Series(x), pd.Series(y))
        return fresh.nearest_pois(reach, "sites", num_pois=1)

    query_s, table = timed(ask)
    whole_s, again = timed(build_and_ask, 2)
    found |= {"pandana_query": table[1].to_numpy()[people], "pandana_query_s": query_s}
    found |= {"pandana_build_query": again[1].to_numpy()[people], "pandana_build_query_s": whole_s}
    return found | {"build_s": build_s}


def in_range(told):
    """All nodes within a limit of every site."""
    network, sites = lay(told), told["sites"]
    seconds, table = timed(lambda: network.nodes_in_range(sites.tolist(), float(told["limit"])))
    number = pd.Series(np.arange(len(sites)), index=sites)
    names = {name.lower(): name for name in table.columns}
    source, node = table[names["source"]], table[names["destination"]]
    return {
        "site": number[source].to_numpy(),
        "node": node.to_numpy(),
        "metres": table[names.get("weight", table.columns[-1])].to_numpy(),
        "range_s": seconds,
    }


def lay(told):
    """Network of pandana; it contracts its hierarchy here."""
    import pandana

    (x, y), (u, v) = told["xy"].T, told["ends"].T
    weights = pd.DataFrame({"m": told["length_m"]})
    return pandana.Network(pd.Series(x), pd.Series(y), pd.Series(u), pd.Series(v), weights)


def timed(work, repeat=5):
    """Least CPU seconds of some runs, and the last answer."""
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        answer = work()
        best = min(best, time.process_time() - start)
    return best, answer


if __name__ == "__main__":
    main(*sys.argv[1:])
