//! Tenants, their members and their API keys, made straight in the store.

use jiff::Timestamp;
use switchtower_control::call;
use switchtower_domain::{
    access::{Caller, Granted},
    api_key::{ApiKey, ApiKeyId, ApiKeyStatus},
    change::{Change, Stamp},
    credential::Credential,
    event::EventDraft,
    name::{Labels, Name},
    operation,
    resource::Resource,
    role::Role,
    tenant::{SYSTEM_TENANT, Tenant, TenantId, TenantInput},
};
use switchtower_store::{Commit, CursorKey, auth::Membership};

use crate::{Client, World};

/// A tenant with an owner.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: Name,
}

/// An API key with its secret.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id.
    pub id: ApiKeyId,
    /// The whole of it.
    pub secret: String,
}

impl Account {
    /// The subject of its first org-admin.
    pub fn owner(&self) -> String {
        format!("owner-of-{}", self.slug)
    }
}

impl World {
    /// Makes a tenant, whose owner is an org-admin.
    pub async fn tenant(&self, slug: &str) -> Account {
        let context = self.context();
        let granted = system(SYSTEM_TENANT);
        let slug: Name = slug.parse().expect("the slug is a name");
        let input = TenantInput { name: slug.clone(), display_name: None, labels: Labels::default(), owner: None };
        let change = Resource::<Tenant>::create(context.id(), SYSTEM_TENANT, input, &stamp(&granted, context.now))
            .expect("the tenant is valid");
        let tenant = change.after().expect("it is made").clone();
        let account = Account { id: tenant.id, slug };
        let membership = self.membership(&account, &account.owner(), &[Role::OrgAdmin]);
        Commit::new(&granted, &context)
            .change(&change)
            .tenant_auth(&tenant, CursorKey::new(context.secret()))
            .member(&self.user_digest(&account.owner()), &membership)
            .send(&self.store)
            .await
            .expect("the tenant can be written");
        account
    }

    /// Makes a user a member of a tenant, with these roles.
    pub async fn member(&self, account: &Account, subject: &str, roles: &[Role]) {
        let membership = self.membership(account, subject, roles);
        Commit::new(&system(account.id), &self.context())
            .member(&self.user_digest(subject), &membership)
            .send(&self.store)
            .await
            .expect("the membership can be written");
    }

    /// Makes an API key with these roles.
    pub async fn api_key(&self, account: &Account, roles: &[Role], expires_at: Option<Timestamp>) -> Key {
        let context = self.context();
        let granted = system(account.id);
        let id: ApiKeyId = context.id();
        let secret = Credential::new(id, context.secret()).reveal();
        let body = ApiKey { roles: roles.to_vec(), status: ApiKeyStatus::Active, expires_at, replaced_by: None };
        let name = Name::slugify(&id.suffix(), "key");
        let key = Resource::new(id, account.id, name, Labels::default(), body, &stamp(&granted, context.now));
        Commit::new(&granted, &context)
            .change(&Change::created(key.clone(), EventDraft::new("api_key.created")))
            .api_key_auth(&key, call::sha256(&secret))
            .send(&self.store)
            .await
            .expect("the key can be written");
        Key { id, secret }
    }

    /// A user with a token of the identity provider.
    pub fn user(&self, subject: &str) -> Client<'_> {
        self.anyone().bearer(&self.idp.token(subject))
    }

    /// The owner of a tenant, in that tenant.
    pub fn owner(&self, account: &Account) -> Client<'_> {
        self.user(&account.owner()).of(account.slug.as_str())
    }

    /// Somebody with a role of the token's own, in every tenant.
    pub fn system_admin(&self) -> Client<'_> {
        let claims = serde_json::json!({ "cognito:groups": ["system-admin"] });
        self.anyone().bearer(&self.idp.token_with("root", &claims))
    }

    fn membership(&self, account: &Account, subject: &str, roles: &[Role]) -> Membership {
        Membership {
            tenant_id: account.id,
            slug: account.slug.clone(),
            subject: subject.to_owned(),
            roles: roles.to_vec(),
        }
    }

    fn user_digest(&self, subject: &str) -> String {
        call::user_digest(&self.idp.issuer, subject)
    }
}

/// The right to change anything of a tenant.
pub fn system(tenant: TenantId) -> Granted {
    Caller::system("tests", tenant).authorize(&operation::tenant_create).expect("the system may do everything")
}

/// The stamp of a change by the system.
pub fn stamp(granted: &Granted, now: Timestamp) -> Stamp {
    Stamp { now, actor: granted.actor().clone() }
}
