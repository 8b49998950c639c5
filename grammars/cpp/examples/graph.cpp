#include <vector>
#include "graph.hpp"

using std::vector;
using namespace std::literals;

namespace net::graph {

template <typename T>
concept Weight = requires(T a) { a + a; };

using NodeId = unsigned;

enum class Color : char { Red, Green };

template <Weight W>
class Graph {
public:
    explicit Graph(size_t nodes) : edges_(nodes) {}
    Graph(const Graph &) = delete;
    virtual ~Graph() { edges_.clear(); }

    size_t size() const noexcept { return edges_.size(); }
    const vector<W> &edges(NodeId node) const { return edges_[node]; }
    W *find(NodeId from, NodeId to);
    bool operator==(const Graph &other) const { return edges_ == other.edges_; }

private:
    struct Edge {
        NodeId to;
        W weight;
    };
    vector<vector<W>> edges_;
};

template <Weight W>
W *Graph<W>::find(NodeId from, NodeId to) {
    auto near = [&](const W &weight) { return weight < W{1}; };
    for (auto &edge : edges_[from]) {
        if (near(edge)) {
            return &edge;
        }
    }
    return nullptr;
}

static const char *text = R"(a " { b)";

int &counter() {
    static int count = 0;
    return count;
}

} // namespace net::graph

int main() {
    net::graph::Graph<double> graph{3};
    return static_cast<int>(graph.size());
}
