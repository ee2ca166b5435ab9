//! What the Images and Networks tabs list: what containers use, with who uses it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Model, Tab};
use crate::inspect::Sheet;
use crate::record::Record;
use crate::spec::NetworkMode;

/// The image that is always listed.
const HOST: &str = "host";

/// Something that containers use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Its name, as the records have it.
    pub name: String,
    /// The word that filters the list to those that use it.
    pub filter: String,
    /// Who uses it: indices into the model's records.
    pub members: Vec<usize>,
}

/// The Images and Networks tabs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageView {
    /// The name of the selected image.
    pub image: Option<String>,
    /// The name of the selected network.
    pub network: Option<String>,
    /// The image that was asked about last.
    pub asked: Option<String>,
    /// The image that was answered about.
    pub seen: Option<String>,
    /// What is known about it, or an error.
    pub about: Option<Result<Sheet, String>>,
}

impl Model {
    /// What the tab lists; empty on tabs that list something else.
    #[must_use]
    pub fn used(&self) -> Vec<Used> {
        match self.tab {
            Tab::Images => self.used_by(image_of, image_word, Some(HOST)),
            Tab::Networks => self.used_by(|record| self.network_of(record), network_word, None),
            _ => Vec::new(),
        }
    }

    fn used_by(
        &self,
        name: impl Fn(&Record) -> String,
        word: impl Fn(&Record) -> String,
        always: Option<&str>,
    ) -> Vec<Used> {
        let mut used: BTreeMap<String, Used> = BTreeMap::new();
        let entry = |name: String, filter: String| Used {
            name,
            filter,
            members: Vec::new(),
        };
        if let Some(name) = always {
            used.insert(name.into(), entry(name.into(), format!("image:{name}")));
        }
        for (at, record) in self.records.iter().enumerate() {
            let name = name(record);
            let one = used
                .entry(name.clone())
                .or_insert_with(|| entry(name, word(record)));
            one.members.push(at);
        }
        let mut used: Vec<Used> = used.into_values().collect();
        used.sort_by_key(|one| Some(one.name.as_str()) != always);
        used
    }

    fn network_of(&self, record: &Record) -> String {
        match &record.spec.network {
            NetworkMode::None => "none".into(),
            NetworkMode::Host => "host".into(),
            NetworkMode::Container(id) => {
                let other = self.record(id).map(|record| record.spec.name.to_string());
                format!("container:{}", other.unwrap_or_else(|| id.to_string()))
            }
        }
    }

    /// The selected row of `used`.
    #[must_use]
    pub fn used_row(&self, used: &[Used]) -> usize {
        let name = match self.tab {
            Tab::Images => &self.usage.image,
            _ => &self.usage.network,
        };
        let is_it = |one: &Used| Some(&one.name) == name.as_ref();
        used.iter().position(is_it).unwrap_or(0)
    }

    /// Selects `row` of what the tab lists.
    pub fn select_used(&mut self, row: usize) {
        let name = self.used().get(row).map(|one| one.name.clone());
        match self.tab {
            Tab::Images => self.usage.image = name,
            _ => self.usage.network = name,
        }
    }

    /// The name of the selected image, with the folder if it is one.
    #[must_use]
    pub fn selected_image(&self) -> Option<(String, Option<PathBuf>)> {
        let used = self.used();
        let one = used.get(self.used_row(&used))?;
        let record = one.members.first().map(|at| &self.records[*at]);
        Some((
            one.name.clone(),
            record.and_then(|record| record.spec.root.clone()),
        ))
    }
}

/// The image or the root filesystem of `record`.
fn image_of(record: &Record) -> String {
    match &record.spec.root {
        Some(root) => root.display().to_string(),
        None => record.spec.image.clone(),
    }
}

/// The word of a filter that matches containers with the image of `record`.
#[must_use]
pub fn image_word(record: &Record) -> String {
    // a word of a filter has no spaces
    let name = image_of(record).replace(char::is_whitespace, "");
    format!("image:{name}")
}

/// The word of a filter that matches containers with the network of `record`.
#[must_use]
pub fn network_word(record: &Record) -> String {
    match &record.spec.network {
        NetworkMode::None => "network:none".into(),
        NetworkMode::Host => "network:host".into(),
        NetworkMode::Container(id) => format!("network:container:{id}"),
    }
}
