use std::collections::BTreeMap;

use crate::stack::Account;
use crate::template::reader::declaration::Declaration;
use crate::template::reader::node::{Entry, Node};
use crate::template::reader::reference::{Of, Reference, references};
use crate::template::reader::report::Report;

/// Every name that a template declares, to find references to names that nobody declared. All
/// branches are looked at, as CloudFormation does, also those that the parameters' values do not
/// take.
pub(in crate::template) struct Names {
    parameters: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<String>,
    condition_section: Vec<Reference>,
}

impl Names {
    pub(in crate::template) fn new(
        parameters: &BTreeMap<String, Node>,
        conditions: &[Entry],
        declarations: &[Declaration],
    ) -> Self {
        let account = Account::NAMES
            .into_iter()
            .chain(["AWS::NoValue"])
            .map(str::to_owned);
        let own = declarations
            .iter()
            .map(|declaration| declaration.id.clone());
        Self {
            parameters: parameters.keys().cloned().chain(account).collect(),
            resources: own
                .chain(declarations.iter().flat_map(Declaration::generated_ids))
                .collect(),
            conditions: conditions.iter().map(|entry| entry.key.clone()).collect(),
            condition_section: conditions
                .iter()
                .flat_map(|entry| references(&entry.value, None))
                .collect(),
        }
    }

    /// Reports every reference to something that is not there.
    pub(in crate::template) fn check(
        &self,
        declarations: &[Declaration],
        rules: &[Entry],
        outputs: &[Entry],
        report: &Report,
    ) {
        let in_rules: Vec<Reference> = rules
            .iter()
            .flat_map(|entry| references(&entry.value, None))
            .collect();
        for reference in self.condition_section.iter().chain(&in_rules) {
            self.check_one(reference, &self.parameters, report);
        }
        let everything: Vec<String> = self
            .parameters
            .iter()
            .chain(&self.resources)
            .cloned()
            .collect();
        let in_resources = declarations
            .iter()
            .flat_map(|declaration| references(&declaration.properties, None));
        for reference in in_resources.chain(
            outputs
                .iter()
                .flat_map(|entry| references(&entry.value, None)),
        ) {
            self.check_one(&reference, &everything, report);
        }
        for declaration in declarations {
            for (id, position) in declaration
                .depends_on
                .iter()
                .filter(|(id, _)| !self.resources.contains(id))
            {
                report.unknown(
                    *position,
                    "resource",
                    id,
                    "the template",
                    self.resources.clone(),
                );
            }
            for (name, position) in declaration
                .condition
                .iter()
                .filter(|(name, _)| !self.conditions.contains(name))
            {
                report.unknown(
                    *position,
                    "condition",
                    name,
                    "the template",
                    self.conditions.clone(),
                );
            }
        }
    }

    fn check_one(&self, reference: &Reference, values: &[String], report: &Report) {
        let (kind, allowed) = match reference.of {
            Of::Value => ("name", values),
            Of::Resource => ("resource", self.resources.as_slice()),
            Of::Condition => ("condition", self.conditions.as_slice()),
        };
        if !allowed.contains(&reference.name) {
            report.unknown(
                reference.position,
                kind,
                &reference.name,
                "the template",
                allowed.to_vec(),
            );
        }
    }
}
