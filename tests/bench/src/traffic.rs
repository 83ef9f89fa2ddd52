//! How long it takes from desired state to traffic: the agent's driver puts a configuration in place, and a request finds it.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use switchtower_agent::{
    driver::nginx::{Nginx, Settings},
    port::{Driver, Order},
};
use switchtower_domain::{
    api_service::{BackendRef, PathMatch, PathMatchType, RouteInput},
    cluster::ClusterId,
    deployment::Generation,
    gateway::GatewayClass,
    product_publish::DriftPolicy,
};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::{Options, fixture};

use crate::{
    Fallible,
    compute::Computation,
    measure::{milliseconds, percentile},
};

/// Where nginx has its files while this lasts.
const FOLDER: &str = ".switchtower/bench/nginx";

/// Measures publishes of one route and of a thousand.
pub(crate) fn all(rounds: u32) -> Fallible<Vec<Computation>> {
    let program = env::var_os("SWITCHTOWER_NGINX").ok_or("SWITCHTOWER_NGINX does not say where nginx is")?;
    end();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let one = measure("nginx: publish of 1 route to traffic", program.as_ref(), 1, rounds).await;
        let many = measure("nginx: publish of 1,000 routes to traffic", program.as_ref(), 1000, rounds).await;
        end();
        Ok(vec![one?, many?])
    })
}

async fn measure(what: &'static str, program: &Path, routes: u16, rounds: u32) -> Fallible<Computation> {
    let folder = env::current_dir()?.join(FOLDER).join(routes.to_string());
    let settings = Settings { folder, program: program.into(), secrets: PathBuf::from("/nonexistent"), manage: true };
    let driver = Nginx::new(settings, ClusterId::nil(), Options::default());
    let mut snapshot = fixture::large(routes);
    snapshot.gateway.class = GatewayClass::Nginx;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    snapshot.gateway.listeners.iter_mut().for_each(|listener| listener.port = port);
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build()?;
    let mut times = Vec::new();
    // The first one starts nginx.
    for number in 0..=rounds {
        let path = format!("/generation/{number}");
        with_route(&mut snapshot, &path);
        let began = Instant::now();
        let objects = driver.plan(&snapshot).map_err(|failures| format!("{failures:?}"))?;
        let order = Order {
            deployment_id: snapshot.deployment_id,
            generation: Generation(u64::from(number) + 1),
            drift: DriftPolicy::Correct,
            established: false,
            objects: objects.into(),
            delete: BTreeSet::new(),
        };
        driver.apply(&order).await?;
        let status = client.get(format!("http://127.0.0.1:{port}{path}")).send().await?.status();
        if status == 404 {
            return Err(format!("generation {number} is in place, and a request does not find it").into());
        }
        if number > 0 {
            times.push(milliseconds(began.elapsed()));
        }
    }
    Ok(Computation { what, p50_ms: percentile(&mut times, 50), max_ms: percentile(&mut times, 100), peak_mib: None })
}

/// Puts a route of this path in the place of the first; nobody listens behind it, which is an answer too.
fn with_route(snapshot: &mut Snapshot, path: &str) {
    let Some(service) = snapshot.api_services.first_mut() else { return };
    let (Some(route), Some(backend)) = (service.routes.first_mut(), service.backends.first_mut()) else { return };
    let path = PathMatch { kind: PathMatchType::Exact, value: path.to_owned() };
    let references = vec![BackendRef { backend_id: backend.id, weight: 1 }];
    route.spec = RouteInput::new(route.spec.name.clone(), path, references);
    for backend in &mut service.backends {
        for endpoint in &mut backend.spec.endpoints {
            (endpoint.host, endpoint.port) = ("127.0.0.1".to_owned(), 9);
        }
        backend.spec.tls = Some(switchtower_domain::api_service::BackendTls {
            sni: Some("localhost".to_owned()),
            insecure_skip_verify: true,
        });
    }
}

/// Ends nginx, which goes on without its driver.
fn end() {
    for pid in pids(Path::new(FOLDER)) {
        // It may be gone by itself.
        let _ = Command::new("kill").arg(pid).status();
    }
    let _ = fs::remove_dir_all(FOLDER);
}

fn pids(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of = |path: PathBuf| match path.extension() {
        Some(extension) if extension == "pid" => {
            fs::read_to_string(path).map(|pid| pid.trim().to_owned()).into_iter().collect()
        }
        _ if path.is_dir() => pids(&path),
        _ => Vec::new(),
    };
    paths.flat_map(of).collect()
}
