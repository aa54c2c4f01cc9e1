//! Groups and departments over HTTP.

use super::organisation::{self, DepartmentFacts, GroupFacts, NewDepartment, NewGroup};
use super::people_api::after_text;
use super::{Access, Department, Group, PeopleManage, PeopleRead};
use crate::events::Subject;
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, Listed, Page, Patch, Path, Ref, Reply, Routes};
use crate::records::{EventView, history_of};
use serde_json::json;

/// Managed by administrators, read by everyone.
pub fn routes(r: &mut Routes) {
    r.get("/v1/groups", list_groups, "List groups", "By key.");
    r.post("/v1/groups", create_group, "Create a group", "Front, back or both.");
    r.get("/v1/groups/{group}", get_group, "Get one group", "By id or key.");
    r.patch("/v1/groups/{group}", update_group, "Change a group", "Its name, kind or activity.");
    r.get("/v1/groups/{group}/history", list_group_events, "The history of one group", "Every event, oldest first.");
    r.get("/v1/departments", list_departments, "List departments", "By key.");
    r.post(
        "/v1/departments",
        create_department,
        "Create a department",
        "Its key is used wherever a department is named.",
    );
    r.get("/v1/departments/{department}", get_department, "Get one department", "By key.");
    r.patch("/v1/departments/{department}", update_department, "Change a department", "Its names or activity.");
    r.get(
        "/v1/departments/{department}/history",
        list_department_events,
        "The history of one department",
        "Every event, oldest first.",
    );
}

async fn list_groups(access: Access<PeopleRead>, page: Page) -> Listed<Group> {
    access
        .list(move |tx| {
            let rows = organisation::groups_after(tx, &after_text(&page)?, page.fetch())?;
            let (data, next) = page.cut(rows, |group| vec![json!(group.key)]);
            Ok(Reply::list(data, next, None)?)
        })
        .await
}

async fn create_group(access: Access<PeopleManage>, body: Body<NewGroup>) -> CreatedAnswer<Group> {
    access
        .write(move |tx| {
            let group = organisation::create_group(tx, &body)?;
            Ok(Reply::created(&group, format!("/v1/groups/{}", group.id))?.version(group.version))
        })
        .await
}

async fn get_group(access: Access<PeopleRead>, group: Path<Ref>) -> Answer<Group> {
    access
        .read(move |tx| organisation::find_group(tx, &group).and_then(|g| Ok(Reply::ok(&g)?.version(g.version))))
        .await
}

async fn update_group(
    access: Access<PeopleManage>,
    group: Path<Ref>,
    if_match: IfMatch,
    body: Patch<GroupFacts>,
) -> Answer<Group> {
    access
        .write(move |tx| {
            let group = organisation::change_group(tx, &group, &if_match, &body)?;
            Ok(Reply::ok(&group)?.version(group.version))
        })
        .await
}

async fn list_group_events(access: Access<PeopleRead>, group: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| organisation::find_group(tx, &group).and_then(|g| history_of(tx, g.id, &page))).await
}

async fn list_departments(access: Access<PeopleRead>, page: Page) -> Listed<Department> {
    access
        .list(move |tx| {
            let rows = organisation::departments_after(tx, &after_text(&page)?, page.fetch())?;
            let (data, next) = page.cut(rows, |department| vec![json!(department.key)]);
            Ok(Reply::list(data, next, None)?)
        })
        .await
}

async fn create_department(access: Access<PeopleManage>, body: Body<NewDepartment>) -> CreatedAnswer<Department> {
    access
        .write(move |tx| {
            let department = organisation::create_department(tx, &body)?;
            Ok(Reply::created(&department, format!("/v1/departments/{}", department.key))?.version(department.version))
        })
        .await
}

async fn get_department(access: Access<PeopleRead>, department: Path<String>) -> Answer<Department> {
    let find = organisation::find_department;
    access.read(move |tx| find(tx, &department).and_then(|d| Ok(Reply::ok(&d)?.version(d.version)))).await
}

async fn update_department(
    access: Access<PeopleManage>,
    department: Path<String>,
    if_match: IfMatch,
    body: Patch<DepartmentFacts>,
) -> Answer<Department> {
    access
        .write(move |tx| {
            let department = organisation::change_department(tx, &department, &if_match, &body)?;
            Ok(Reply::ok(&department)?.version(department.version))
        })
        .await
}

async fn list_department_events(access: Access<PeopleRead>, department: Path<String>, page: Page) -> Listed<EventView> {
    let find = organisation::find_department;
    access.list(move |tx| find(tx, &department).and_then(|d| history_of(tx, d.subject_id(), &page))).await
}
