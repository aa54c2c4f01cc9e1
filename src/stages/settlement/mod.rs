//! Settlement (結算): the final account, then collection until every receivable is closed. The back owner acts; `settle` ends it. What collection and
//! payments do is recorded on the receivables, which outlive the stage.

pub mod final_accounts;
