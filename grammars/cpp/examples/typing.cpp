#include <string>

namespace text {

class Words {
public:
    void add(const std::string &word) {
        words_.push_back(word
    }

    int count() const {
        return words_.
    }

private:
    std::vector<std::string> words_;
};

}

int main() {
    text::Words words;
    words.add("one");
    return words.count();
}
