//! [`Theme`]: the style of each role, as data (`assets/theme.toml`), reduced to what the terminal
//! can show.

mod depth;
mod symbols;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

pub use depth::ColorDepth;
pub use symbols::Symbols;

/// A theme that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("theme: {0}")]
pub struct ThemeError(String);

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
    reversed: bool,
}

macro_rules! roles {
    ($($role:ident $about:literal;)*) => {
        /// The style of each role.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Theme {
            /// Characters to draw with.
            pub symbols: Symbols,
            /// The colour depth for the output of containers; `None` in a theme without colours.
            pub depth: Option<ColorDepth>,
            $(#[doc = $about] pub $role: Style,)*
        }

        impl Theme {
            const ROLES: &[&str] = &[$(stringify!($role),)*];

            fn from_looks(looks: &BTreeMap<String, Style>, symbols: Symbols, depth: ColorDepth) -> Self {
                let coloured = looks.values().any(|look| look.fg.is_some() || look.bg.is_some());
                Self {
                    symbols,
                    depth: coloured.then_some(depth),
                    $($role: looks.get(stringify!($role)).copied().unwrap_or_default(),)*
                }
            }
        }
    };
}

roles! {
    dim "What may be overlooked.";
    label "The name of a figure.";
    strong "What matters most in a line.";
    title "Titles of panes and overlays.";
    border "Lines around panes.";
    tab "A tab that is not shown.";
    tab_active "The tab that is shown.";
    header "Column headings.";
    selected "The selected row.";
    key "A key on the bottom line and in help.";
    key_label "What a key does.";
    key_off "A key that can do nothing now.";
    bar "The bottom line.";
    running "RUNNING.";
    paused "PAUSED.";
    stopped "STOPPED.";
    created "CREATED.";
    failed "A bad end.";
    pending "Something asked for and not yet done.";
    gauge "The used part of a gauge.";
    gauge_high "The used part when little is left.";
    gauge_full "The used part at the limit.";
    gauge_second "The second tone: refused by the limit.";
    gauge_track "The unused part of a gauge.";
    cpu "The CPU graph.";
    memory "The memory graph.";
    field "A field of a form.";
    field_active "The field being typed in.";
    matched "What matches the filter.";
    warning "Something to look at.";
    error "An error.";
    success "Something that worked.";
    stderr "A line from standard error.";
}

/// The names of the themes, the default first.
pub const THEME_NAMES: [&str; 4] = ["dark", "light", "contrast", "colourless"];

/// From this share of a limit on, its use warns.
const HIGH: f64 = 0.80;
/// From this share on, it is full.
const FULL: f64 = 0.95;

const EMBEDDED: &str = include_str!("../../../assets/theme.toml");

impl Theme {
    /// The theme called `name` for a terminal of `depth`, drawn with `symbols`.
    ///
    /// # Errors
    /// [`ThemeError`] naming the themes there are.
    pub fn named(name: &str, depth: ColorDepth, symbols: Symbols) -> Result<Self, ThemeError> {
        Self::from_toml(EMBEDDED, name, depth, symbols)
    }

    /// Reads the theme called `name` from `text`.
    ///
    /// # Errors
    /// [`ThemeError`] naming the theme, role or colour that is wrong.
    pub fn from_toml(
        text: &str,
        name: &str,
        depth: ColorDepth,
        symbols: Symbols,
    ) -> Result<Self, ThemeError> {
        let themes: BTreeMap<String, BTreeMap<String, Look>> =
            toml::from_str(text).map_err(|e| ThemeError(e.to_string()))?;
        let roles = themes.get(name).ok_or_else(|| {
            let all: Vec<_> = themes.keys().map(String::as_str).collect();
            ThemeError(format!(
                "there is no theme {name:?}; use {}",
                all.join(", ")
            ))
        })?;
        let mut looks = BTreeMap::new();
        for (role, look) in roles {
            if !Self::ROLES.contains(&role.as_str()) {
                return Err(ThemeError(format!(
                    "[{name}] {role} is not a role; use {}",
                    Self::ROLES.join(", ")
                )));
            }
            let style = style(look, depth)
                .map_err(|reason| ThemeError(format!("[{name}] {role}: {reason}")))?;
            looks.insert(role.clone(), style);
        }
        Ok(Self::from_looks(&looks, symbols, depth))
    }

    /// The theme, colour depth and symbols that this environment asks for: `NO_COLOR` wins over
    /// `name`; `None` means dark.
    ///
    /// # Errors
    /// [`ThemeError`] when there is no theme of that name.
    pub fn detect(
        name: Option<&str>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ThemeError> {
        let no_color = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let wanted = if no_color {
            "colourless"
        } else {
            name.unwrap_or(THEME_NAMES[0])
        };
        Self::named(wanted, ColorDepth::detect(&env), Symbols::detect(&env))
    }
}

impl Theme {
    /// The style of what uses `share` of its limit: `normal`, or the one that warns, or that of a
    /// full gauge.
    #[must_use]
    pub fn by_level(&self, normal: Style, share: Option<f64>) -> Style {
        match share {
            Some(share) if share >= FULL => self.gauge_full,
            Some(share) if share >= HIGH => self.gauge_high,
            _ => normal,
        }
    }
}

fn style(look: &Look, depth: ColorDepth) -> Result<Style, String> {
    let color = |text: &String| -> Result<Color, String> {
        let parsed: Color = text.parse().map_err(|_| {
            format!("{text:?} is not a colour; use a name such as cyan, 0 to 255, or #rrggbb")
        })?;
        Ok(depth.nearest(parsed))
    };
    let mut style = Style::new();
    if let Some(fg) = &look.fg {
        style = style.fg(color(fg)?);
    }
    if let Some(bg) = &look.bg {
        style = style.bg(color(bg)?);
    }
    for (wanted, modifier) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.underlined, Modifier::UNDERLINED),
        (look.reversed, Modifier::REVERSED),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        }
    }

    #[test]
    fn every_theme_reads_at_every_depth() {
        for name in THEME_NAMES {
            for depth in [ColorDepth::True, ColorDepth::Indexed, ColorDepth::Sixteen] {
                Theme::named(name, depth, Symbols::UNICODE).unwrap();
            }
        }
        assert!(
            Theme::named("pink", ColorDepth::True, Symbols::UNICODE)
                .unwrap_err()
                .to_string()
                .contains("colourless, contrast, dark, light")
        );
    }

    #[test]
    fn no_color_has_no_colour_at_all() {
        let theme = Theme::detect(
            Some("dark"),
            env(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]),
        )
        .unwrap();
        for style in [
            theme.selected,
            theme.error,
            theme.gauge_full,
            theme.tab_active,
            theme.header,
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.is_empty());
        }
        let empty = Theme::detect(None, env(&[("NO_COLOR", "")])).unwrap();
        assert!(
            empty.error.fg.is_some(),
            "an empty NO_COLOR does not count (no-color.org)"
        );
    }

    #[test]
    fn invalid_themes_name_role_and_choices() {
        let read = |text: &str| {
            Theme::from_toml(text, "x", ColorDepth::True, Symbols::UNICODE)
                .unwrap_err()
                .to_string()
        };
        assert!(
            read("[x]\nslected = { fg = \"red\" }")
                .contains("slected is not a role; use dim, label")
        );
        assert!(read("[x]\nerror = { fg = \"rod\" }").contains("error: \"rod\" is not a colour"));
        assert!(
            Theme::from_toml(
                "[x]\nmatched = { bold = true }",
                "x",
                ColorDepth::True,
                Symbols::ASCII
            )
            .is_ok()
        );
    }
}
