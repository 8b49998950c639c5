//! One decision tree of the gate. In a gate file it is a line of words, each fork before its two
//! branches: `NAME<NUMBER`, then the tree where the feature is less, then the tree where it is not;
//! a number is a leaf. So `mean<-1.5 -0.2 copied<0.5 0 0.3`.

use super::FEATURES;

/// Deeper trees are no trees of ours.
const DEEPEST: usize = 32;

/// A fork or a leaf; forks point at later nodes.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Leaf(f32),
    Fork {
        feature: usize,
        below: f32,
        otherwise: usize,
    },
}

/// A tree over the features.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// A fork's first branch follows it.
    nodes: Vec<Node>,
}

impl Tree {
    /// Reads a tree. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tree = Self { nodes: Vec::new() };
        let mut words = text.split_whitespace();
        tree.grow(&mut words, 0)?;
        match words.next() {
            Some(word) => Err(format!("`{word}` stands behind the end of the tree")),
            None => Ok(tree),
        }
    }

    fn grow<'a>(
        &mut self,
        words: &mut impl Iterator<Item = &'a str>,
        depth: usize,
    ) -> Result<(), String> {
        let word = words.next().ok_or("the tree ends too soon")?;
        if depth > DEEPEST {
            return Err(format!("the tree is deeper than {DEEPEST}"));
        }
        let number = |text: &str| text.parse::<f32>().ok().filter(|number| number.is_finite());
        let Some((name, below)) = word.split_once('<') else {
            let leaf =
                number(word).ok_or_else(|| format!("`{word}` is neither a fork nor a number"))?;
            self.nodes.push(Node::Leaf(leaf));
            return Ok(());
        };
        let known = FEATURES.iter().position(|feature| feature.name == name);
        let feature = known.ok_or_else(|| format!("there is no feature `{name}`"))?;
        let below = number(below).ok_or_else(|| format!("`{below}` is not a number"))?;
        let at = self.nodes.len();
        self.nodes.push(Node::Fork {
            feature,
            below,
            otherwise: 0,
        });
        self.grow(words, depth + 1)?;
        let otherwise = self.nodes.len();
        self.nodes[at] = Node::Fork {
            feature,
            below,
            otherwise,
        };
        self.grow(words, depth + 1)
    }

    /// The number of the leaf that the values lead to.
    pub(super) fn value(&self, values: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Fork {
                    feature,
                    below,
                    otherwise,
                } => {
                    at = if values[feature] < below {
                        at + 1
                    } else {
                        otherwise
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, value: f32) -> Vec<f32> {
        FEATURES
            .iter()
            .map(|feature| if feature.name == name { value } else { 0.0 })
            .collect()
    }

    #[test]
    fn values_lead_to_their_leaf() {
        let tree = Tree::parse("mean<-1.5 -0.2 copied<0.5 0.1 0.3").unwrap();
        assert_eq!(tree.value(&at("mean", -2.0)), -0.2);
        assert_eq!(tree.value(&at("mean", -1.5)), 0.1);
        assert_eq!(tree.value(&at("copied", 1.0)), 0.3);
        assert_eq!(Tree::parse("0.5").unwrap().value(&at("copied", 1.0)), 0.5);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let deep = "mean<0 ".repeat(40) + &"0 ".repeat(41);
        for (text, named) in [
            ("", "too soon"),
            ("mean<0 1", "too soon"),
            ("mean<0 1 2 3", "`3`"),
            ("men<0 1 2", "`men`"),
            ("mean<x 1 2", "`x`"),
            ("mean", "`mean`"),
            ("inf", "`inf`"),
            (&deep, "deeper"),
        ] {
            let error = Tree::parse(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
