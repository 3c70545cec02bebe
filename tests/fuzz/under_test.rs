//! The files under test, as far as they can be had without the engine.
#![allow(dead_code, unused_imports)] // each target uses a part

#[path = "../../src/error.rs"]
pub mod error;
#[path = "../../src/types/mod.rs"]
pub mod types;

/// The wire, without its connections.
pub mod wire {
    #[path = "../../../../src/wire/auth.rs"]
    pub mod auth;
    #[path = "../../../../src/wire/frame.rs"]
    pub mod frame;
    #[path = "../../../../src/wire/parameters.rs"]
    pub mod parameters;

    /// A login, as `src/wire/mod.rs` knows it.
    pub struct User {
        pub name: String,
        pub password: Option<secrecy::SecretString>,
    }

    /// Plays a whole SCRAM exchange, in which ada is known.
    pub fn exchange(user: &str, first: &[u8], last: &[u8]) -> crate::error::Result<String> {
        static KNOWN: std::sync::LazyLock<auth::Authenticator> = std::sync::LazyLock::new(|| {
            let password = Some(auth::scram_verifier("secret").into());
            auth::Authenticator::new(&[User { name: "ada".into(), password }]).expect("a verifier")
        });
        let (_, waiting) = KNOWN.first(&pgwire::api::auth::sasl::scram::ScramServerAuth::default(), user, first)?;
        waiting.last(user, last)
    }

    /// The formats of `src/wire/rows`.
    pub mod rows {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format {
            Text,
            Binary,
        }
    }
}
