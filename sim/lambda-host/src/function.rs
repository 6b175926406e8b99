use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// A function as Lambda knows it: a program and what it finds in its environment.
#[derive(Clone, Debug)]
pub struct HostedFunction {
    /// The function's name.
    pub name: String,
    /// The program: Lambda's `bootstrap`.
    pub program: PathBuf,
    /// Its arguments; Lambda gives none, an interpreter needs its script.
    pub arguments: Vec<String>,
    /// The function's own environment variables. Reserved names in it are overruled, as Lambda
    /// refuses them.
    pub environment: BTreeMap<String, String>,
    /// `_HANDLER`
    pub handler: String,
    /// The folder the package is in, which is the working directory too.
    pub task_root: PathBuf,
    /// The region.
    pub region: String,
    /// The account's number, for the function's ARN.
    pub account: String,
    /// Megabytes of memory, as the function is told; nothing enforces it.
    pub memory_mb: u32,
    /// How long a start may take; Lambda allows 10 s.
    pub init_limit: Duration,
}

impl HostedFunction {
    /// A function with nothing in its environment, whose package is the folder of its program.
    pub fn new(name: &str, program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            name: name.to_owned(),
            task_root: program
                .parent()
                .map_or_else(|| PathBuf::from("."), Path::to_path_buf),
            program,
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            handler: "bootstrap".to_owned(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            memory_mb: 512,
            init_limit: Duration::from_secs(10),
        }
    }

    /// `Lambda-Runtime-Invoked-Function-Arn`
    pub(super) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:{}:function:{}",
            self.region, self.account, self.name
        )
    }

    /// How to start it: with its own variables and Lambda's, and nothing of this process's.
    pub(super) fn command(&self, runtime_api: SocketAddr) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.task_root)
            .env_clear()
            .envs([
                ("LANG", "en_US.UTF-8"),
                ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
                ("TZ", ":UTC"),
            ])
            .envs(&self.environment)
            .envs(self.reserved())
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .env("LAMBDA_TASK_ROOT", &self.task_root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn reserved(&self) -> [(&'static str, String); 13] {
        [
            ("_HANDLER", self.handler.clone()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", "ASIAHOSTEDFUNCTION00".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "hosted-function".to_owned()),
            ("AWS_SESSION_TOKEN", "hosted-function".to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                self.memory_mb.to_string(),
            ),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            (
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{}", self.name),
            ),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "hosted".to_owned()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ]
    }
}
