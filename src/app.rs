//! The application: the same for `main` and the tests.

use crate::access::{self, Keys, Passwords, Services, throttle::Throttle};
use crate::api;
use crate::config::{Config, make_private};
use crate::contracts;
use crate::db::{self, AnyConnection, Database, DatabaseUrl, Options};
use crate::documents::Files;
use crate::feed::webhooks::{Sender, Targets};
use crate::feed::{self, Pulse};
use crate::http::routes::page;
use crate::http::{ForcedFailures, Problem, docs, forced, middleware, problem_pages, server};
use crate::signing_key;
use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Everything a running service holds.
#[derive(Clone)]
pub struct App {
    /// What every request shares.
    pub services: Services,
    /// Where the bytes of documents are kept.
    pub files: Files,
    /// The settings of the process.
    pub config: Config,
    /// What kind of service this is.
    pub mode: Mode,
    /// Held while a sandbox is reset.
    pub resetting: Arc<tokio::sync::Mutex<()>>,
    failures: ForcedFailures,
    pulse: Pulse,
    /// Told to stop: not ready any more, and soon not there.
    stopping: Arc<AtomicBool>,
    configure: Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>,
    document: Arc<OnceCell<Bytes>>,
}

/// What kind of service this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Business time is real time.
    Production,
    /// The administrator may move the business clock.
    Sandbox,
    /// A sandbox with a demo company.
    Demo,
}

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

impl App {
    /// Prepares the data folder and the database, and starts the database threads.
    pub fn build(config: &Config, mode: Mode) -> Result<Self, String> {
        let sandbox = mode != Mode::Production;
        config.check(sandbox)?;
        let (database, standby) = (config.database()?, config.standby()?);
        make_private(&config.data_dir)
            .map_err(|e| format!("FITOUT_DATA_DIR: {} cannot be made: {e}", config.data_dir.display()))?;
        let key = signing_key::load(config, &database)?;
        access::enable_sandbox(sandbox);
        prepare(config, &database, mode)?;
        METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
        let db = Database::start_beside(&database, standby.as_ref(), threads(config))
            .map_err(|e| format!("the database threads did not start: {e}"))?;
        let services = Services {
            db,
            keys: Keys::new(&key),
            passwords: Passwords::new().map_err(|e| e.to_string())?,
            throttle: Arc::new(Throttle::new(config.rate_limit)),
            trusted_proxies: config.trusted_proxies.clone(),
        };
        let files = Files::open(&config.files(), config.max_upload)?;
        let configure = Arc::new(api::served(sandbox).configure());
        let pulse = Pulse::new(Duration::from_secs(config.stream_heartbeat.into()));
        let config = config.clone();
        let (resetting, failures) = (Arc::default(), ForcedFailures::default());
        let (document, stopping) = (Arc::default(), Arc::default());
        Ok(Self { services, files, config, mode, resetting, failures, pulse, stopping, configure, document })
    }

    /// Serves on this listener until told to stop (SIGTERM, SIGINT), then finishes what is under way.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let db = self.services.db.clone();
        let (files, folder) = (self.files.clone(), self.config.files());
        let sender = self.sender();
        let sending = actix_web::rt::spawn(sender.clone().run());
        let app = self.clone();
        let server = self.server(listener)?;
        let stop = actix_web::rt::spawn(app.stop_when_told(server.handle()));
        let keeping = actix_web::rt::spawn(keep_house(db.clone(), files, folder));
        let measuring = actix_web::rt::spawn(keep_measures());
        let done = server.await;
        stop.abort();
        keeping.abort();
        measuring.abort();
        sender.stop();
        let _ = sending.await;
        db.shutdown();
        done
    }

    /// On SIGTERM says for a while that it is not ready, and still serves, so that a proxy can look elsewhere before connections are refused; then ends the
    /// streams and stops once what is under way is done. On SIGINT, which comes from a terminal, at once.
    async fn stop_when_told(self, server: ServerHandle) {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
            return;
        };
        tokio::select! {
            _ = term.recv() => {
                self.stopping.store(true, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(self.config.drain.into())).await;
            }
            _ = int.recv() => {}
        }
        self.pulse.stop();
        server.stop(true).await;
    }

    /// The same application, without the failures that a tester asked for and without quotas: the demo's stories are told to the end.
    pub fn undisturbed(&self) -> Self {
        let services = Services { throttle: Arc::new(Throttle::new(None)), ..self.services.clone() };
        Self { failures: ForcedFailures::default(), services, ..self.clone() }
    }

    /// Forgets the failures that a tester asked for.
    pub fn forget_failures(&self) {
        self.failures.clear();
    }

    /// What sends webhooks, for tests that run it themselves.
    pub fn sender(&self) -> Sender {
        Sender::new(self.services.db.clone(), self.targets())
    }

    fn targets(&self) -> Targets {
        Targets { private: self.config.webhook_private_targets }
    }

    /// The server, for tests that stop it themselves.
    pub fn server(self, listener: TcpListener) -> std::io::Result<actix_web::dev::Server> {
        let workers = self
            .config
            .workers
            .map_or_else(|| std::thread::available_parallelism().map_or(2, usize::from), usize::from);
        let stalled = Duration::from_secs(self.config.stall_timeout.into());
        let app = Arc::new(self);
        let server = HttpServer::new(move || app.actix());
        let server = server
            .disable_signals()
            .on_connect(move |connection, _| server::give_up_on_the_stalled(connection, stalled))
            .workers(workers)
            .client_request_timeout(Duration::from_secs(15))
            .keep_alive(Duration::from_secs(75))
            .shutdown_timeout(20);
        Ok(server.listen(listener)?.run())
    }

    /// The actix application: the server runs one per worker, the demo loader calls one in process.
    pub fn actix(
        &self,
    ) -> Actix<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + use<>>,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        Actix::new()
            .app_data(Data::new(self.services.clone()))
            .app_data(Data::new(self.files.clone()))
            .app_data(Data::new(self.pulse.clone()))
            .app_data(Data::new(self.targets()))
            .app_data(Data::new(self.failures.clone()))
            .app_data(Data::new(self.clone()))
            .configure(|cfg| self.configure(cfg))
            .wrap(Compress::default())
            .wrap(self.cors())
            .wrap(Condition::new(self.mode != Mode::Production, from_fn(forced)))
            .wrap(from_fn(middleware::outermost))
    }

    fn configure(&self, cfg: &mut ServiceConfig) {
        let to_docs = || async { HttpResponse::Found().insert_header(("location", "/docs/")).finish() };
        cfg.service(page("/livez", || async { HttpResponse::Ok().body("ok\n") }))
            .service(page("/readyz", ready))
            .service(page("/metrics", metrics))
            .service(page("/openapi.json", document))
            .service(page("/", to_docs))
            .service(page("/docs", to_docs))
            .service(page("/problems", || std::future::ready(html(problem_pages::index()))))
            .service(page("/problems/{code}", problem))
            .service(page("/docs/{file:.*}", |req: HttpRequest| async move {
                docs::file(&req, req.match_info().query("file"))
            }));
        (self.configure)(cfg);
    }

    fn cors(&self) -> Cors {
        let exposed = [
            "content-disposition",
            "content-language",
            "content-range",
            "etag",
            "idempotent-replayed",
            "link",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-request-id",
        ];
        let cors = Cors::default().allow_any_method().allow_any_header().expose_headers(exposed).max_age(3600);
        self.config.origins().fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

fn threads(config: &Config) -> Options {
    let mut options = Options::default();
    if let Some(threads) = config.db_threads {
        options.readers = usize::from(threads);
        options.postgres_threads = usize::from(threads);
    }
    options.queue = usize::try_from(config.db_queue).unwrap_or(options.queue);
    options
}

/// Migrates, brings the standard contract template along, and sets a sandbox's clock where it was never set (the demo's loader sets its own).
fn prepare(config: &Config, database: &DatabaseUrl, mode: Mode) -> Result<(), String> {
    let mut conn =
        AnyConnection::open(database).map_err(|e| format!("the database {database} cannot be opened: {e}"))?;
    db::migrate(&mut conn).map_err(|e| format!("the migrations failed: {e}"))?;
    if let (Mode::Sandbox, Some(start)) = (mode, config.sandbox_clock)
        && crate::clock::sandbox(&mut conn).map_err(|e| e.to_string())?.is_none()
    {
        crate::clock::start_at(&mut conn, start).map_err(|e| e.to_string())?;
    }
    contracts::seed(&mut conn).map_err(|e| format!("the standard contract template: {e:?}"))
}

/// Once an hour, and at the start: forgets expired tokens, answers that no replay can ask for any more, and uploads that never ended.
async fn keep_house(db: Database, files: Files, folder: PathBuf) {
    let mut hourly = tokio::time::interval(Duration::from_secs(3600));
    loop {
        hourly.tick().await;
        files.clear_abandoned(&folder);
        let done = db.write(|conn| -> access::Result<usize> {
            Ok(access::purge(conn)? + access::sessions::purge(conn)? + feed::webhooks::purge(conn)?)
        });
        match done.await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "forgot what is no longer needed"),
            Err(failure) => tracing::warn!(?failure, "could not forget what is no longer needed"),
        }
    }
}

/// Histograms keep every sample until they are drained, by a scrape or by this: a service that nobody scrapes must not grow.
async fn keep_measures() {
    let mut often = tokio::time::interval(Duration::from_secs(5));
    loop {
        often.tick().await;
        if let Some(handle) = METRICS.get().and_then(Option::as_ref) {
            handle.run_upkeep();
        }
    }
}

/// The document, composed when somebody first asks for it: that takes a tenth of a second and, so long, a hundred MiB.
async fn document(app: Data<App>) -> Result<HttpResponse, Problem> {
    let sandbox = app.mode != Mode::Production;
    let compose = || async {
        let made = web::block(move || serde_json::to_vec(&api::document(&api::routes(sandbox)))).await;
        made.map_err(|e| Problem::internal(&e))?.map(Bytes::from).map_err(|e| Problem::internal(&e))
    };
    let text = app.document.get_or_try_init(compose).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text.clone()))
}

fn html(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(text)
}

async fn problem(code: actix_web::web::Path<String>) -> Result<HttpResponse, Problem> {
    problem_pages::of(&code).map(html).ok_or_else(Problem::not_found)
}

async fn ready(app: Data<App>) -> HttpResponse {
    if app.stopping.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable().insert_header(("retry-after", "1")).body("stopping\n");
    }
    match app.services.db.ping().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .insert_header(("retry-after", "1"))
            .body("the database does not answer\n"),
    }
}

async fn metrics() -> HttpResponse {
    let text = METRICS.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}
