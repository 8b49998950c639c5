; using std::vector; using namespace std; the rest is C's.
(using_declaration (_) @path) @import
