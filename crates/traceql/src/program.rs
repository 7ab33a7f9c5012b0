//! Prepares expressions for evaluation.

use crate::pattern::Pattern;
use crate::syntax::Expr;
use crate::value::{Arithmetic, Comparison};
use crate::{Field, Value};

/// The distinct fields that programs read.
#[derive(Debug, Default)]
pub(crate) struct Inputs(pub(crate) Vec<Field>);

impl Inputs {
    /// Adds a field and returns its number.
    pub(crate) fn add(&mut self, field: &Field) -> usize {
        let known = self.0.iter().position(|known| known == field);
        known.unwrap_or_else(|| {
            self.0.push(field.clone());
            self.0.len() - 1
        })
    }
}

/// An expression with its constant parts computed and its patterns compiled.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(Value<'static>),
    /// The input with that number.
    Input(usize),
    /// An id in lower case, without leading zeros.
    Trimmed(Box<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Missing(Box<Node>, Items),
    Exists(Box<Node>),
    Compare(Box<Node>, Comparison, Box<Node>),
    Match(Box<Node>, bool, Pattern),
    Calculate(Box<Node>, Arithmetic, Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// Tells if an expression reads events, links or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Items {
    pub(crate) events: bool,
    pub(crate) links: bool,
}

/// A prepared selector: conditions on the span itself, and conditions on its events and links.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) spans: Node,
    /// Conditions each of which must hold for an event, a link, or a pair of both.
    pub(crate) items: Vec<(Node, Items)>,
}

impl Items {
    const EVENTS: Self = Self {
        events: true,
        links: false,
    };
    const LINKS: Self = Self {
        events: false,
        links: true,
    };
    const BOTH: Self = Self {
        events: true,
        links: true,
    };

    pub(crate) fn of(expr: &Expr) -> Self {
        let mut items = Self::default();
        expr.visit(&mut |expr| {
            if let Expr::Field(field) = expr {
                items.events |= field.is_of_event();
                items.links |= field.is_of_link();
            }
        });
        items
    }

    pub(crate) fn is_any(self) -> bool {
        self.events || self.links
    }
}

impl Selector {
    pub(crate) fn new(expr: &Expr, inputs: &mut Inputs) -> Self {
        let conditions = match expr {
            Expr::All(exprs) => exprs.as_slice(),
            other => std::slice::from_ref(other),
        };
        let of_items = |expr: &&Expr| Items::of(expr).is_any();
        let (items, spans): (Vec<_>, Vec<_>) = conditions.iter().partition(of_items);
        let mut node = |exprs: Vec<&Expr>| {
            all(exprs
                .into_iter()
                .map(|expr| Node::new(expr, inputs))
                .collect())
        };
        let spans = node(spans);
        // Events and links are independent unless a condition relates them.
        let relates = |expr: &&Expr| Items::of(expr) == Items::BOTH;
        let groups = if items.iter().any(relates) {
            vec![(items, Items::BOTH)]
        } else {
            let (events, links): (Vec<_>, Vec<_>) = items
                .into_iter()
                .partition(|expr| Items::of(expr) == Items::EVENTS);
            vec![(events, Items::EVENTS), (links, Items::LINKS)]
        };
        let groups = groups.into_iter().filter(|(exprs, _)| !exprs.is_empty());
        let items = groups.map(|(exprs, items)| (node(exprs), items)).collect();
        Self { spans, items }
    }

    /// Returns true if the selector cannot choose any span.
    pub(crate) fn is_never(&self) -> bool {
        matches!(&self.spans, Node::Constant(value) if !value.is_true())
    }
}

impl Node {
    pub(crate) fn new(expr: &Expr, inputs: &mut Inputs) -> Self {
        let mut boxed = |expr: &Expr| Box::new(Self::new(expr, inputs));
        let node = match expr {
            Expr::Literal(value) => Self::Constant(value.clone()),
            Expr::Field(field) => Self::Input(inputs.add(field)),
            // The check has refused these.
            Expr::Parent(_) => Self::Constant(Value::Nil),
            Expr::Not(inner) => Self::Not(boxed(inner)),
            Expr::Negate(inner) => Self::Negate(boxed(inner)),
            Expr::Missing(inner) => Self::Missing(boxed(inner), Items::of(inner)),
            Expr::Exists(inner) => Self::Exists(boxed(inner)),
            Expr::Compare(left, comparison, right) => {
                let (left_node, right_node) = (boxed(left), boxed(right));
                if is_id(left) || is_id(right) {
                    let trimmed = |node| Box::new(Self::Trimmed(node).folded());
                    Self::Compare(trimmed(left_node), *comparison, trimmed(right_node))
                } else {
                    Self::Compare(left_node, *comparison, right_node)
                }
            }
            Expr::Match {
                text,
                negated,
                pattern,
            } => match pattern_of(pattern) {
                Some(pattern) => Self::Match(boxed(text), *negated, pattern),
                // The check has refused these.
                None => Self::Constant(Value::Nil),
            },
            Expr::Calculate(left, arithmetic, right) => {
                Self::Calculate(boxed(left), *arithmetic, boxed(right))
            }
            Expr::All(exprs) => all(exprs.iter().map(|expr| *boxed(expr)).collect()),
            Expr::Any(exprs) => any(exprs.iter().map(|expr| *boxed(expr)).collect()),
        };
        node.folded()
    }

    /// Replaces the expression by its value if it is constant.
    fn folded(self) -> Self {
        let value = match &self {
            Self::Trimmed(inner) => inner.constant().map(trimmed),
            Self::Not(inner) => inner.constant().map(Value::not),
            Self::Negate(inner) => inner.constant().map(Value::negate),
            Self::Missing(inner, _) => inner.constant().map(|value| Value::Bool(value.is_nil())),
            Self::Exists(inner) => inner.constant().map(|value| Value::Bool(!value.is_nil())),
            Self::Compare(left, comparison, right) => {
                both(left, right).map(|(left, right)| Value::Bool(left.compare(*comparison, right)))
            }
            Self::Match(text, negated, pattern) => text.constant().map(|text| {
                let test = |text: &str| pattern.matches(text) != *negated;
                Value::Bool(text.test_text(*negated, &test))
            }),
            Self::Calculate(left, arithmetic, right) => {
                both(left, right).map(|(left, right)| left.calculate(*arithmetic, right))
            }
            _ => None,
        };
        value.map_or(self, Self::Constant)
    }

    fn constant(&self) -> Option<&Value<'static>> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

fn both<'n>(left: &'n Node, right: &'n Node) -> Option<(&'n Value<'static>, &'n Value<'static>)> {
    left.constant().zip(right.constant())
}

fn all(mut nodes: Vec<Node>) -> Node {
    let is_constant = |node: &Node, truth| {
        node.constant()
            .is_some_and(|value| value.is_true() == truth)
    };
    if nodes.iter().any(|node| is_constant(node, false)) {
        return Node::Constant(Value::Bool(false));
    }
    nodes.retain(|node| !is_constant(node, true));
    match nodes.len() {
        0 => Node::Constant(Value::Bool(true)),
        _ => Node::All(nodes),
    }
}

fn any(mut nodes: Vec<Node>) -> Node {
    let is_constant = |node: &Node, truth| {
        node.constant()
            .is_some_and(|value| value.is_true() == truth)
    };
    if nodes.iter().any(|node| is_constant(node, true)) {
        return Node::Constant(Value::Bool(true));
    }
    nodes.retain(|node| !is_constant(node, false));
    match nodes.len() {
        0 => Node::Constant(Value::Bool(false)),
        _ => Node::Any(nodes),
    }
}

fn is_id(expr: &Expr) -> bool {
    matches!(expr, Expr::Field(Field::Intrinsic(intrinsic)) if intrinsic.is_id())
}

fn pattern_of(expr: &Expr) -> Option<Pattern> {
    match expr {
        Expr::Literal(Value::Text(pattern)) => Pattern::new(pattern),
        _ => None,
    }
}

/// An id in lower case without leading zeros; any other value is returned as it is.
pub(crate) fn trimmed<'v>(value: &Value<'v>) -> Value<'v> {
    match value {
        Value::Text(text) => Value::text(text.trim_start_matches('0').to_ascii_lowercase()),
        other => other.clone(),
    }
}
