//! The commands: `serve` (default), `demo`, `migrate`, `openapi`, `verify`, `backup`, `restore`, `user create`.

use clap::Parser;
use fitout::app::{App, Mode};
use fitout::config::{Cli, Command, Config, LogFormat, UserCommand};
use fitout::{api, commands, demo};
use std::io::IsTerminal;
use std::net::TcpListener;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The C library's allocator keeps an arena for every thread: a hundred MiB that nothing uses any more, and a thousand after some log-ins.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fitout: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    Config::refuse_unknown_environment()?;
    let config = cli.config;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve if config.sandbox => serve(&config, Mode::Sandbox),
        Command::Serve => serve(&config, Mode::Production),
        Command::Demo => serve(&config, Mode::Demo),
        Command::Migrate => commands::migrate(&config),
        Command::Verify { skip_files } => commands::verify(&config, skip_files),
        Command::Backup { folder } => commands::backup(&config, &folder),
        Command::Restore { folder } => commands::restore(&config, &folder),
        Command::User(UserCommand::Create { username, display_name }) => {
            commands::create_administrator(&config, &username, &display_name)
        }
        Command::Openapi => {
            let document = api::document(&api::routes(config.sandbox)).to_pretty_json().map_err(|e| e.to_string())?;
            println!("{document}");
            Ok(())
        }
    }
}

fn serve(config: &Config, mode: Mode) -> Result<(), String> {
    log(config)?;
    actix_web::rt::System::new().block_on(async move {
        let app = App::build(config, mode)?;
        let listener = TcpListener::bind(config.listen)
            .map_err(|e| format!("FITOUT_LISTEN: {} cannot be used: {e}", config.listen))?;
        let welcome = if mode == Mode::Demo { demo::load(&app).await? } else { commands::first_start(&app).await? };
        println!("{welcome}Swagger UI: http://{}/docs/", config.listen);
        app.serve(listener).await.map_err(|e| e.to_string())
    })
}

fn log(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|e| format!("FITOUT_LOG: {e}"))?;
    let colours = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match config.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}
