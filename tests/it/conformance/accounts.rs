//! Accounts, by name and by number.

use super::forge::Forge;

pub async fn one_is_found_by_its_number(forge: &Forge) {
    let gitea = forge.timmy().gitea();
    let ezra = gitea.account("ezra").await.unwrap().unwrap();
    assert_eq!(gitea.account_by_id(ezra.id).await, Ok(Some(ezra)));
}

pub async fn one_that_is_not_there_is_none(forge: &Forge) {
    let gitea = forge.timmy().gitea();
    assert_eq!(gitea.account("nobody-of-that-name").await, Ok(None));
    assert_eq!(gitea.account_by_id(987_654).await, Ok(None));
}
