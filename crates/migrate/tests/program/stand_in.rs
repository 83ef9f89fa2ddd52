//! A control plane in memory that decides with the domain's own types, and can be made to fail.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use switchtower_domain::{
    actor::Actor,
    api_service::{ApiService, Backend, Definition, DefinitionError, Part, Route},
    change::{Change, Stamp, WrongState},
    cluster::Cluster,
    event::EventDraft,
    gateway::Gateway,
    id::{Id, Prefixed},
    plan::Plan,
    policy::Policy,
    product::Product,
    product_publish::ProductPublish,
    resource::{EditError, Editable, Resource},
    tenant::TenantId,
};

/// The API key that it knows.
pub(crate) const KEY: &str = "swt_key_of_the_tests";

/// What it holds, what it has seen, and how it fails.
#[derive(Default)]
pub(crate) struct World {
    /// Views by id, in order of creation.
    views: Vec<(String, Value)>,
    definitions: HashMap<String, Definition>,
    answers: HashMap<String, (u16, Value, String)>,
    made: u128,
    /// Methods and paths of requests that change something.
    pub(crate) writes: Vec<String>,
    /// How many requests to refuse with 429 or 503, in turn.
    pub(crate) throttled: u32,
    /// How many changes to make and answer with 502.
    pub(crate) lost: u32,
    /// How many changes to refuse as `busy`.
    pub(crate) busy: u32,
    /// After how many more changes it is gone.
    pub(crate) lives: Option<u32>,
    /// What a person does right before the next PUT.
    pub(crate) meanwhile: Option<fn(&mut World)>,
}

#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) base: String,
    world: Arc<Mutex<World>>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        let app = Router::new().fallback(answer).with_state(world.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, world }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Registers a cluster.
    pub(crate) fn cluster(&self, name: &str) {
        self.world().create::<Cluster>(&json!({ "name": name })).unwrap();
    }
}

type Answered = Result<(u16, Value), Refused>;

#[derive(Debug)]
struct Refused(u16, Value);

fn refused(status: u16, code: &str, detail: &str) -> Refused {
    Refused(status, json!({ "status": status, "code": code, "detail": detail, "title": code, "request_id": "r" }))
}

impl From<WrongState> for Refused {
    fn from(wrong: WrongState) -> Self {
        refused(409, "wrong_state", &wrong.to_string())
    }
}

impl From<EditError> for Refused {
    fn from(error: EditError) -> Self {
        match error {
            EditError::State(wrong) => wrong.into(),
            EditError::Fields(errors) => fields(&errors.into_vec()),
        }
    }
}

fn fields(errors: &impl Serialize) -> Refused {
    let mut refused = refused(400, "invalid_body", "Some fields are not valid.");
    refused.1["errors"] = serde_json::to_value(errors).unwrap();
    refused
}

fn stamp() -> Stamp {
    Stamp { now: "2026-01-01T00:00:00Z".parse().unwrap(), actor: Actor::System("tests".to_owned()) }
}

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Refused> {
    serde_json::from_value(body.clone()).map_err(|error| refused(400, "invalid_body", &error.to_string()))
}

impl World {
    fn next<K: Prefixed>(&mut self) -> Id<K> {
        self.made += 1;
        Id::from_parts(1, self.made)
    }

    /// The views of a kind, by the prefix of its ids.
    pub(crate) fn all(&self, prefix: &str) -> Vec<&Value> {
        self.views.iter().filter(|(id, _)| id.starts_with(prefix)).map(|(_, view)| view).collect()
    }

    /// The resource of a kind with that name.
    pub(crate) fn named(&self, prefix: &str, name: &str) -> &Value {
        let found: Vec<_> = self.all(prefix).into_iter().filter(|view| view["name"] == name).collect();
        assert_eq!(found.len(), 1, "`{name}` is there {} times", found.len());
        found[0]
    }

    pub(crate) fn routes(&self, service: &str) -> Vec<Route> {
        self.definitions[self.named("api_", service)["id"].as_str().unwrap()].routes.clone()
    }

    pub(crate) fn backends(&self, service: &str) -> Vec<Backend> {
        self.definitions[self.named("api_", service)["id"].as_str().unwrap()].backends.clone()
    }

    /// Everything that is there, without what differs from one making to the next.
    pub(crate) fn contents(&self) -> Vec<Value> {
        let mut contents: Vec<Value> = self.views.iter().map(|(_, view)| view.clone()).collect();
        for definition in self.definitions.values() {
            contents.extend(definition.routes.iter().map(|route| serde_json::to_value(route).unwrap()));
            contents.extend(definition.backends.iter().map(|backend| serde_json::to_value(backend).unwrap()));
        }
        let names: HashMap<String, String> = contents
            .iter()
            .map(|view| (view["id"].as_str().unwrap().to_owned(), format!("<{}>", view["name"].as_str().unwrap())))
            .collect();
        let nameless = |view: &Value| {
            let mut text = view.to_string();
            for (id, name) in &names {
                text = text.replace(id, name);
            }
            let mut view: Value = serde_json::from_str(&text).unwrap();
            view["revision"] = Value::Null;
            view
        };
        let mut contents: Vec<Value> = contents.iter().map(nameless).collect();
        contents.sort_by_key(Value::to_string);
        contents
    }

    fn put_view<K: Editable>(&mut self, resource: &Resource<K>) -> Value {
        let (id, view) = (resource.id.to_string(), serde_json::to_value(resource).unwrap());
        match self.views.iter_mut().find(|(other, _)| *other == id) {
            Some((_, old)) => *old = view.clone(),
            None => self.views.push((id, view.clone())),
        }
        view
    }

    fn load<K: Editable>(&self, id: &str) -> Result<Resource<K>, Refused> {
        let found = self.views.iter().find(|(other, _)| other == id);
        let (_, view) = found.ok_or_else(|| refused(404, "not_found", "There is no such resource."))?;
        read(view)
    }

    fn create<K: Editable>(&mut self, body: &Value) -> Answered {
        let input: K::Input = read(body)?;
        let taken = self.all(K::PREFIX).iter().any(|view| view["name"] == body["name"]);
        if taken {
            return Err(refused(409, "name_taken", "Another one has this name."));
        }
        for (_, id) in body.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_id")) {
            let known = self.views.iter().any(|(other, _)| id == other)
                || self.definitions.values().any(|d| d.routes.iter().any(|route| *id == route.id.to_string()));
            if !known {
                return Err(refused(400, "invalid_body", "It names what is not there."));
            }
        }
        let change = Resource::<K>::create(self.next(), TenantId::from_parts(1, 1), input, &stamp());
        let change = change.map_err(|errors| fields(&errors.into_vec()))?;
        Ok((201, self.put_view(change.after().unwrap())))
    }

    fn replace<K: Editable>(&mut self, id: &str, body: &Value) -> Answered {
        let change = self.load::<K>(id)?.replace(read(body)?, &stamp())?;
        Ok((200, self.put_view(change.after().unwrap())))
    }

    fn act<K: Editable>(&mut self, id: &str, turn: impl Fn(Resource<K>) -> Result<Change<K>, WrongState>) -> Answered {
        let change = turn(self.load::<K>(id)?)?;
        Ok((200, self.put_view(change.after().unwrap())))
    }

    /// A change by a person.
    pub(crate) fn edit(&mut self, prefix: &str, name: &str, edit: impl Fn(&mut Value)) {
        let id = self.named(prefix, name)["id"].clone();
        let (_, view) = self.views.iter_mut().find(|(other, _)| id == *other).unwrap();
        edit(view);
        view["updated_by"] = json!("user:ann");
        view["revision"] = json!(view["revision"].as_u64().unwrap() + 1);
    }

    /// A removal by a person.
    pub(crate) fn remove(&mut self, prefix: &str, name: &str) {
        let id = self.named(prefix, name)["id"].clone();
        self.views.retain(|(other, _)| id != *other);
    }

    /// A change of a route by a person.
    pub(crate) fn edit_route(&mut self, service: &str, route: &str, edit: impl Fn(&mut Route)) {
        let id = self.named("api_", service)["id"].as_str().unwrap().to_owned();
        let routes = &mut self.definitions.get_mut(&id).unwrap().routes;
        edit(routes.iter_mut().find(|one| one.spec.name.as_str() == route).unwrap());
    }

    fn part<P: Part>(&mut self, service: &str, id: Option<&str>, body: &Value) -> Answered {
        let resource = self.load::<ApiService>(service)?;
        let definition = self.definitions.entry(service.to_owned()).or_default().clone();
        let input: P::Input = read(body)?;
        let (status, id) = match id {
            Some(id) => (200, id.parse().map_err(|_| refused(404, "not_found", "There is no such part."))?),
            None => (201, self.next()),
        };
        let definition = P::put(definition, id, input).map_err(|error| match error {
            DefinitionError::Fields(errors) => fields(&errors.into_vec()),
            other => refused(409, "in_use", &other.to_string()),
        })?;
        let view = serde_json::to_value(P::find(&definition, id).ok()).unwrap();
        let change = resource.redefine(&definition, &stamp(), EventDraft::new("api_service.redefined"));
        self.put_view(change.after().unwrap());
        self.definitions.insert(service.to_owned(), definition);
        Ok((status, view))
    }

    fn route(&mut self, method: &Method, path: &[&str], body: &Value) -> Answered {
        match (method.as_str(), path) {
            ("GET", ["me"]) => {
                Ok((200, json!({ "actor": "system:tests", "active": { "tenant_id": TenantId::from_parts(1, 1) } })))
            }
            ("GET", ["provider", "api-services", service, "routes"]) => {
                Ok((200, page(self.definitions.get(*service).map(|d| &d.routes))))
            }
            ("GET", ["provider", "api-services", service, "backends"]) => {
                Ok((200, page(self.definitions.get(*service).map(|d| &d.backends))))
            }
            ("GET", ["provider", "api-services", service, part, id]) => self.get_part(service, part, id),
            ("POST", ["provider", "api-services", service, "routes"]) => self.part::<Route>(service, None, body),
            ("PUT", ["provider", "api-services", service, "routes", id]) => self.part::<Route>(service, Some(id), body),
            ("POST", ["provider", "api-services", service, "backends"]) => self.part::<Backend>(service, None, body),
            ("PUT", ["provider", "api-services", service, "backends", id]) => {
                self.part::<Backend>(service, Some(id), body)
            }
            ("POST", ["provider", "api-services", id, "activate"]) => {
                self.act::<ApiService>(id, |r| r.activate(&stamp()))
            }
            ("POST", ["provider", "api-services", id, "deactivate"]) => {
                self.act::<ApiService>(id, |r| r.deactivate(&stamp()))
            }
            ("POST", ["provider", "gateways", id, "activate"]) => self.act::<Gateway>(id, |r| r.activate(&stamp())),
            ("POST", ["provider", "products", id, "activate"]) => self.act::<Product>(id, |r| r.activate(&stamp())),
            ("POST", ["provider", "products", id, "archive"]) => self.act::<Product>(id, |r| r.archive(&stamp())),
            ("POST", ["provider", "product-publishes", id, "publish"]) => {
                let id_of = switchtower_domain::deployment::DeploymentId::from_parts(1, 1);
                self.act::<ProductPublish>(id, |r| Ok(r.publish(id_of, Vec::new(), &stamp())))
            }
            (_, ["operator", "clusters", rest @ ..]) => self.plain::<Cluster>(method, rest, body),
            (_, ["provider", "gateways", rest @ ..]) => self.plain::<Gateway>(method, rest, body),
            (_, ["provider", "api-services", rest @ ..]) => self.plain::<ApiService>(method, rest, body),
            (_, ["provider", "policies", rest @ ..]) => self.plain::<Policy>(method, rest, body),
            (_, ["provider", "products", rest @ ..]) => self.plain::<Product>(method, rest, body),
            (_, ["provider", "plans", rest @ ..]) => self.plain::<Plan>(method, rest, body),
            (_, ["provider", "product-publishes", rest @ ..]) => self.plain::<ProductPublish>(method, rest, body),
            _ => Err(refused(404, "no_such_endpoint", "There is no such endpoint.")),
        }
    }

    fn plain<K: Editable>(&mut self, method: &Method, rest: &[&str], body: &Value) -> Answered {
        match (method.as_str(), rest) {
            ("GET", []) => Ok((200, page(Some(&self.all(K::PREFIX))))),
            ("GET", [id]) => Ok((200, serde_json::to_value(self.load::<K>(id)?).unwrap())),
            ("POST", []) => self.create::<K>(body),
            ("PUT", [id]) => self.replace::<K>(id, body),
            _ => Err(refused(404, "no_such_endpoint", "There is no such endpoint.")),
        }
    }

    fn get_part(&self, service: &str, part: &str, id: &str) -> Answered {
        let missing = || refused(404, "not_found", "There is no such part.");
        let definition = self.definitions.get(service).ok_or_else(missing)?;
        let routes = definition.routes.iter().map(|route| serde_json::to_value(route).unwrap());
        let backends = definition.backends.iter().map(|backend| serde_json::to_value(backend).unwrap());
        let mut parts: Vec<Value> = if part == "routes" { routes.collect() } else { backends.collect() };
        parts.retain(|part| part["id"] == id);
        parts.pop().map(|part| (200, part)).ok_or_else(missing)
    }

    /// The ETag of a path: the revision of the head that it is about.
    fn etag(&self, path: &[&str]) -> Option<String> {
        let id = path.get(2)?;
        let (_, view) = self.views.iter().find(|(other, _)| other == id)?;
        Some(format!("\"{}\"", view["revision"]))
    }
}

fn page(items: Option<&impl Serialize>) -> Value {
    let items = items.map_or_else(|| json!([]), |items| serde_json::to_value(items).unwrap());
    json!({ "items": items, "next_cursor": null })
}

fn respond(status: u16, body: &Value, etag: Option<String>) -> Response {
    let kind = if status < 400 { "application/json" } else { "application/problem+json" };
    let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
    response.headers_mut().insert(header::RETRY_AFTER, "1".parse().unwrap());
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag.parse().unwrap());
    }
    response
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut world = world.lock().unwrap();
    let problem = |Refused(status, body): Refused| respond(status, &body, None);
    if headers.get("x-api-key").is_none_or(|key| key != KEY) {
        return problem(refused(401, "invalid_api_key", "The API key is not valid."));
    }
    if world.throttled > 0 {
        world.throttled -= 1;
        let (status, code) = if world.throttled % 2 == 0 { (429, "throttled") } else { (503, "unavailable") };
        return problem(refused(status, code, "Slow down."));
    }
    let changes = method != Method::GET;
    if changes && world.busy > 0 {
        world.busy -= 1;
        return problem(refused(409, "busy", "Others are changing it."));
    }
    if world.lives == Some(0) {
        return problem(refused(503, "unavailable", "It is gone."));
    }
    if let Some(meanwhile) = world.meanwhile.filter(|_| method == Method::PUT) {
        world.meanwhile = None;
        meanwhile(&mut world);
    }
    let path: Vec<&str> = uri.path().trim_start_matches("/v1/").split('/').collect();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let (key, request) =
        (headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned()), format!("{uri}{body}"));
    if method == Method::POST {
        let key = key.clone().expect("a POST has an idempotency key");
        if let Some((status, answer, first)) = world.answers.get(&key) {
            assert_eq!(*first, request, "a key is for one request");
            return respond(*status, answer, None);
        }
    }
    let expected = headers.get("if-match").filter(|_| method == Method::PUT);
    if expected.is_some_and(|expected| world.etag(&path).as_deref() != expected.to_str().ok()) {
        return problem(refused(412, "stale_revision", "It has changed since."));
    }
    let answered = world.route(&method, &path, &body);
    let Ok((status, answer)) = answered else { return answered.map_err(problem).err().unwrap() };
    if changes {
        world.writes.push(format!("{method} {uri}"));
        if let Some(key) = key {
            world.answers.insert(key, (status, answer.clone(), request));
        }
        world.lives = world.lives.map(|lives| lives - 1);
        if world.lost > 0 {
            world.lost -= 1;
            return problem(refused(502, "unavailable", "The answer is lost."));
        }
    }
    let etag = world.etag(&path).or_else(|| Some(format!("\"{}\"", answer.get("revision")?)));
    respond(status, &answer, etag)
}
