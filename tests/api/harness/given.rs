//! Projects put at a stage straight in the database, for tests of one act. The stories of `cases` walk the whole way.

use super::service::Service;
use diesel::prelude::*;
use fitout::access::Role;
use fitout::db::schema::{groups, project_departments, project_participants, projects, users};
use fitout::db::{At, Id};
use fitout::workflow::Stage;
use serde_json::{Value, json};

impl Service {
    /// A client recorded by this person; its id.
    #[track_caller]
    pub fn client(&self, by: &str) -> String {
        let body = json!({"name": "Riverside Properties", "kind": "developer", "contacts": [{"name": "Ms Liang", "decision_maker": true, "is_primary": true}]});
        self.by(by).post("/v1/clients", body).expect(201).id()
    }

    /// An inquiry recorded by this person; its id.
    #[track_caller]
    pub fn inquiry(&self, by: &str) -> String {
        let client = self.client(by);
        self.inquiry_of(by, &client)
    }

    /// An inquiry of this client.
    #[track_caller]
    pub fn inquiry_of(&self, by: &str, client: &str) -> String {
        let body = json!({"client_id": client, "channel": "phone", "name": "Show flats", "kind": "show_flat", "needs": "Two rooms"});
        self.by(by).post("/v1/inquiries", body).expect(201).id()
    }

    /// A project put at this stage: front owner a_specialist_1 of group A, from settlement on back owner c_specialist_1; every department was
    /// told of it. No record stands behind it: evidence is what the test makes.
    #[track_caller]
    pub fn project_at(&self, stage: &str) -> String {
        let id = self.inquiry("a_specialist_1");
        self.put_at(&id, stage);
        id
    }

    /// Puts a project at a stage.
    pub fn put_at(&self, id: &str, stage: &str) {
        let project: Id = id.parse().unwrap();
        let stage = Stage::parse(stage).unwrap();
        self.sql(|conn| {
            let person = |conn: &mut _, key: &str| {
                users::table.filter(users::username.eq(key)).select(users::id).first::<Id>(conn).unwrap()
            };
            let (front, back) = (person(conn, "a_specialist_1"), person(conn, "c_specialist_1"));
            let group: Id = groups::table.filter(groups::key.eq("A")).select(groups::id).first(conn).unwrap();
            let now = At::now_real();
            let row = projects::table.filter(projects::id.eq(project));
            diesel::update(row)
                .set((projects::stage.eq(stage), projects::version.eq(projects::version + 1)))
                .execute(conn)
                .unwrap();
            if stage != Stage::Intake {
                diesel::update(row)
                    .set((
                        projects::accepted_at.eq(Some(now)),
                        projects::number.eq(Some(format!("P-test-{}", &id[24..]))),
                    ))
                    .execute(conn)
                    .unwrap();
            }
            if !matches!(stage, Stage::Intake | Stage::Assignment) {
                diesel::update(row)
                    .set((projects::front_owner_id.eq(Some(front)), projects::front_group_id.eq(Some(group))))
                    .execute(conn)
                    .unwrap();
            }
            if matches!(stage, Stage::Adjustment | Stage::Acceptance | Stage::Settlement | Stage::Archiving) {
                diesel::update(row).set(projects::adjustment_round.eq(1_i64)).execute(conn).unwrap();
            }
            if stage == Stage::Acceptance {
                diesel::update(row).set(projects::acceptance_entered_at.eq(Some(now))).execute(conn).unwrap();
            }
            if matches!(stage, Stage::Settlement | Stage::Archiving | Stage::Archived) {
                diesel::update(row).set(projects::back_owner_id.eq(Some(back))).execute(conn).unwrap();
            }
            for department in ["design", "procurement", "engineering"] {
                let told = (
                    project_departments::project_id.eq(project),
                    project_departments::department.eq(department),
                    project_departments::since.eq(now),
                );
                let _ = diesel::insert_into(project_departments::table).values(told).execute(conn);
            }
            let _ = (Role::Manager, project_participants::table);
        });
    }

    /// The project as the manager sees it.
    #[track_caller]
    pub fn see(&self, project: &str) -> Value {
        self.by("manager").get(&format!("/v1/projects/{project}")).expect(200).body
    }
}
