//! Who the agent is: a key pair that never leaves this folder, and the registration that its public half got.

mod key;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use switchtower_domain::agent::AgentId;
use switchtower_protocol::registration::{AgentClaims, Registration, TOKEN_SECONDS};

pub use self::key::KeyPair;
use crate::{
    port::StoreError,
    state::file::{self, failed},
};

/// An agent's identity.
pub struct Identity {
    /// Where the API is.
    pub base: Url,
    /// What it was told when it registered.
    pub registration: Registration,
    key: EncodingKey,
}

/// What is kept of a registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registered {
    /// Where the API is.
    pub api_url: String,
    /// When the agent registered.
    pub registered_at: Timestamp,
    /// What it was told.
    #[serde(flatten)]
    pub registration: Registration,
}

/// The folder that holds the identity.
#[derive(Debug, Clone)]
pub struct IdentityFolder {
    path: PathBuf,
}

impl IdentityFolder {
    /// The identity of a state folder.
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.to_owned() }
    }

    /// Makes the folder, for its owner only, when it is not there.
    pub fn make(&self) -> Result<(), StoreError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| failed("make", &self.path, &error))
    }

    /// What the agent was told when it registered; `None` when it has not.
    pub fn registered(&self) -> Result<Option<Registered>, StoreError> {
        file::read_json(&self.registration_path())
    }

    /// The identity; `None` when the agent has not registered.
    pub fn load(&self) -> Result<Option<Identity>, StoreError> {
        let Some(Registered { api_url, registration, .. }) = self.registered()? else { return Ok(None) };
        let path = self.key_path(registration.agent_id);
        let pem = fs::read(&path).map_err(|error| failed("read", &path, &error))?;
        let key = EncodingKey::from_ed_pem(&pem).map_err(|error| failed("use the key in", &path, &error))?;
        let base = api_url.parse().map_err(|error| failed("use the address in", &self.registration_path(), &error))?;
        Ok(Some(Identity { base, registration, key }))
    }

    /// The key pair of a registration that is under way. It is kept before it is sent: when the answer is lost, the same
    /// token and the same key ask again, and are told the same.
    pub fn pending_key(&self) -> Result<KeyPair, StoreError> {
        let path = self.path.join("pending.pem");
        if let Some(key) = fs::read_to_string(&path).ok().and_then(|pem| KeyPair::of_pem(&pem)) {
            return Ok(key);
        }
        let made =
            KeyPair::generate().map_err(|_| failed("make a key for", &path, &io::Error::other("no randomness")))?;
        file::write(&path, made.pem().as_bytes(), 0o600).map_err(|error| failed("write", &path, &error))?;
        Ok(made)
    }

    /// Keeps a new identity, and forgets the keys of earlier ones. The registration names its key: at every moment the
    /// two on disk belong together.
    pub fn save(&self, registered: &Registered, key: &KeyPair) -> Result<(), StoreError> {
        let path = self.key_path(registered.registration.agent_id);
        file::write(&path, key.pem().as_bytes(), 0o600).map_err(|error| failed("write", &path, &error))?;
        file::write_json(&self.registration_path(), registered, 0o600)?;
        self.forget_keys_but(&path).map_err(|error| failed("tidy", &self.path, &error))
    }

    fn forget_keys_but(&self, kept: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "pem") && path != kept {
                file::remove(&path)?;
            }
        }
        Ok(())
    }

    fn registration_path(&self) -> PathBuf {
        self.path.join("registration.json")
    }

    fn key_path(&self, agent: AgentId) -> PathBuf {
        self.path.join(format!("{agent}.pem"))
    }
}

impl Identity {
    /// A token for the next request, signed by the agent itself.
    pub fn token(&self, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let agent = self.registration.agent_id.to_string();
        let header = Header { kid: Some(agent.clone()), ..Header::new(Algorithm::EdDSA) };
        let (aud, iat) = (self.registration.audience.clone(), now.as_second());
        jsonwebtoken::encode(&header, &AgentClaims { sub: agent, aud, iat, exp: iat + TOKEN_SECONDS }, &self.key)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("registration", &self.registration).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use switchtower_domain::{cluster::ClusterId, tenant::TenantId};

    use super::*;

    fn registered(agent: AgentId) -> Registered {
        let registration = Registration {
            agent_id: agent,
            cluster_id: ClusterId::nil(),
            tenant_id: TenantId::nil(),
            audience: "https://api.example.com".into(),
            heartbeat_seconds: 10,
        };
        let api_url = "https://api.example.com/".to_owned();
        Registered { api_url, registered_at: Timestamp::UNIX_EPOCH, registration }
    }

    #[test]
    fn a_token_verifies_with_the_registered_public_key() {
        let dir = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(dir.path());
        let key = KeyPair::generate().unwrap();
        folder.save(&registered(AgentId::nil()), &key).unwrap();
        let token = folder.load().unwrap().unwrap().token(Timestamp::now()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["https://api.example.com"]);
        let public = DecodingKey::from_ed_components(&key.public()).unwrap();
        let claims = decode::<AgentClaims>(&token, &public, &validation).unwrap().claims;
        assert_eq!((claims.sub.as_str(), claims.exp - claims.iat), (AgentId::nil().to_string().as_str(), 60));
        assert_eq!(decode_header(&token).unwrap().kid, Some(AgentId::nil().to_string()));
        assert_eq!(key.public().len(), 43);
    }

    #[test]
    fn the_key_is_for_its_owner_only_and_the_earlier_one_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(dir.path());
        let (first, second) = (AgentId::nil(), AgentId::nil().next());
        folder.save(&registered(first), &KeyPair::generate().unwrap()).unwrap();
        folder.save(&registered(second), &KeyPair::generate().unwrap()).unwrap();
        let mode = fs::metadata(folder.key_path(second)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!folder.key_path(first).exists());
        assert_eq!(folder.load().unwrap().unwrap().registration.agent_id, second);
    }

    #[test]
    fn debug_output_hides_the_key() {
        let key = KeyPair::generate().unwrap();
        assert!(!key.pem().is_empty());
        assert_eq!(format!("{key:?}"), format!("KeyPair({})", key.public()));
    }
}
