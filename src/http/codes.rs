//! The table of codes: every refusal this service can give, one line each.

use actix_web::http::StatusCode;
use serde::Serialize;

/// Why a request was refused. The code is never translated; titles are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the table below says what each of them means")]
pub enum Code {
    Unauthenticated,
    Forbidden,
    NotParty,
    BadRequest,
    MalformedJson,
    UnknownParameter,
    IdempotencyKeyRequired,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    State,
    Evidence,
    Money,
    PreconditionFailed,
    PayloadTooLarge,
    UnsupportedMediaType,
    RangeNotSatisfiable,
    Validation,
    IdempotencyConflict,
    PreconditionRequired,
    TooManyRequests,
    Internal,
    Unavailable,
}

/// One line of the table.
struct Row(&'static str, u16, &'static str, &'static str, &'static str, &'static str);

impl Code {
    /// Every code, in the order of the table.
    pub const ALL: [Code; 24] = [
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotParty,
        Code::BadRequest,
        Code::MalformedJson,
        Code::UnknownParameter,
        Code::IdempotencyKeyRequired,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::RequestTimeout,
        Code::Conflict,
        Code::State,
        Code::Evidence,
        Code::Money,
        Code::PreconditionFailed,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::RangeNotSatisfiable,
        Code::Validation,
        Code::IdempotencyConflict,
        Code::PreconditionRequired,
        Code::TooManyRequests,
        Code::Internal,
        Code::Unavailable,
    ];

    /// The table: code, status, title in English, title in Chinese, what to do about it in both.
    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Code::Unauthenticated        => Row("unauthenticated",          401, "Sign in first",                 "請先登錄",             "The token is missing, expired or revoked: sign in again and repeat the request.", "登錄憑證缺失、過期或已失效：請重新登錄後再試。"),
            Code::Forbidden              => Row("forbidden",                403, "Your role may not do this",     "您的角色無權執行此操作", "The operation names the permission it needs; ask an administrator for a role that has it.", "此操作所需的權限已在文檔中列出；請向管理員申請具備該權限的角色。"),
            Code::NotParty               => Row("not_party",                403, "Not your part in this project", "您不是此事項的當事人",   "Your role may do this, but not in this project: another person or department is responsible for it. `available_actions` tells what you may do.", "您的角色可執行此操作，但本項目中由其他人員或部門負責；可執行的操作見 available_actions。"),
            Code::BadRequest             => Row("bad_request",              400, "Bad request",                   "請求有誤",             "A header, a parameter or the form of the body is wrong; the detail says which.", "請求頭、參數或請求體的形式有誤，詳見說明。"),
            Code::MalformedJson          => Row("malformed_json",           400, "The body is not valid JSON",    "請求體不是有效的 JSON", "Correct the syntax of the body; the detail gives line and column.", "請更正請求體的語法；說明中給出了行號和列號。"),
            Code::UnknownParameter       => Row("unknown_parameter",        400, "Unknown query parameter",       "未知的查詢參數",        "The operation has no such query parameter; the detail names the nearest one it has.", "此操作沒有該查詢參數；說明中給出了最接近的參數名。"),
            Code::IdempotencyKeyRequired => Row("idempotency_key_required", 400, "Idempotency-Key is required",   "缺少 Idempotency-Key",  "Send a fresh random Idempotency-Key with this request, and the same one when repeating it.", "請為此請求附上新的隨機 Idempotency-Key，重試時沿用同一個值。"),
            Code::NotFound               => Row("not_found",                404, "Not found",                     "未找到",               "There is no such thing, or it is out of your sight. Look for it in its list: what does not stand there is not yours to see.", "內容不存在，或您無權查看；請在列表中查找，列表中沒有的即無權查看。"),
            Code::MethodNotAllowed       => Row("method_not_allowed",       405, "Method not allowed",            "不支持此方法",          "Use one of the methods in the Allow header.", "請使用 Allow 響應頭中列出的方法。"),
            Code::RequestTimeout         => Row("request_timeout",          408, "The body took too long",        "請求體傳輸超時",        "Send the request again over a better connection.", "請在網絡較好時重新發送。"),
            Code::Conflict               => Row("conflict",                 409, "Conflicts with what exists",    "與現有數據衝突",        "Something with the same identifying value exists, or is still in use; the detail says which. Use what exists, or choose another value.", "已存在相同的標識，或內容仍在使用中，詳見說明；請使用已有內容，或改用其他值。"),
            Code::State                  => Row("state",                    409, "Not possible in this state",    "當前狀態下不可執行",     "The record does not stand where this can be done; the allowed list says what may be done from here.", "記錄所處的狀態不允許此操作；allowed 中列出了當前可執行的操作。"),
            Code::Evidence               => Row("evidence",                 409, "Something is still missing",    "尚缺必要材料",          "The step is possible from here, but papers that it rests on are not there; the missing list says what has to be supplied first.", "此步驟本身可執行，但所依據的材料不齊；請先補齊 missing 中列出的材料。"),
            Code::Money                  => Row("money",                    409, "The amounts do not add up",     "金額不符",             "The amount exceeds or contradicts what is recorded; the detail gives the figures.", "金額超出或不符合已有記錄，詳見說明中的數字。"),
            Code::PreconditionFailed     => Row("precondition_failed",      412, "Changed in the meantime",       "數據已被修改",          "Somebody changed it since you read it: look at current, then repeat with its version in If-Match.", "讀取之後已被他人修改：請查看 current，再以其版本作為 If-Match 重試。"),
            Code::PayloadTooLarge        => Row("payload_too_large",        413, "The body is too large",         "請求體過大",            "Send less; the detail gives the limit in bytes.", "請減少內容；說明中給出了字節上限。"),
            Code::UnsupportedMediaType   => Row("unsupported_media_type",   415, "Unsupported media type",        "不支持的媒體類型",       "Send the body in a media type that the operation lists, without a content coding.", "請按此操作所列的媒體類型發送請求體，且不要使用內容編碼。"),
            Code::RangeNotSatisfiable    => Row("range_not_satisfiable",    416, "Range not satisfiable",         "請求的範圍無效",         "Ask for a range within the length of the document.", "請在文件長度範圍內選擇區間。"),
            Code::Validation             => Row("validation",               422, "Some values are not valid",     "部分內容未通過校驗",     "Each entry of errors points at one value and says what is wrong with it.", "errors 中逐項指出有問題的內容及原因。"),
            Code::IdempotencyConflict    => Row("idempotency_conflict",     422, "Idempotency-Key used before",   "Idempotency-Key 已被使用", "This key was used with another request: take a fresh one for a new request.", "該鍵已用於另一請求：新請求請使用新的鍵。"),
            Code::PreconditionRequired   => Row("precondition_required",    428, "If-Match is required",          "缺少 If-Match",         "A change says which version it was made from, so that nobody undoes what somebody else has done: read the resource, then repeat the request with its ETag in If-Match.", "更改須註明所依據的版本，以免覆蓋他人的修改：請先讀取資源，再以其 ETag 作為 If-Match 重試。"),
            Code::TooManyRequests        => Row("too_many_requests",        429, "Too many requests",             "請求過於頻繁",          "You, or others at your address, asked more often than a quota allows: wait for the seconds in Retry-After.", "您或同一地址的請求超出了配額：請等待 Retry-After 所示的秒數。"),
            Code::Internal               => Row("internal",                 500, "Something went wrong here",     "服務器內部錯誤",         "It is our mistake and has been logged: report the request_id if it happens again.", "這是我們的問題，已記錄在案；若再次出現，請提供 request_id。"),
            Code::Unavailable            => Row("unavailable",              503, "Busy",                          "服務繁忙",             "Try again after the seconds in Retry-After.", "請在 Retry-After 所示的秒數後重試。"),
        }
    }

    /// The code as it stands in JSON and in `/problems/<code>`.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The title in English.
    pub const fn title_en(self) -> &'static str {
        self.row().2
    }

    /// The title in Chinese.
    pub const fn title_zh(self) -> &'static str {
        self.row().3
    }

    /// What it means and what to do next, in English.
    pub const fn advice(self) -> &'static str {
        self.row().4
    }

    /// What it means and what to do next, in Chinese.
    pub const fn advice_zh(self) -> &'static str {
        self.row().5
    }

    /// The code with this name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The code for an error answer that the framework made by itself.
    pub(crate) fn for_status(status: StatusCode) -> Code {
        match status.as_u16() {
            401 => Code::Unauthenticated,
            403 => Code::Forbidden,
            404 => Code::NotFound,
            405 => Code::MethodNotAllowed,
            408 => Code::RequestTimeout,
            409 => Code::Conflict,
            412 => Code::PreconditionFailed,
            413 => Code::PayloadTooLarge,
            415 => Code::UnsupportedMediaType,
            416 => Code::RangeNotSatisfiable,
            422 => Code::Validation,
            428 => Code::PreconditionRequired,
            429 => Code::TooManyRequests,
            503 => Code::Unavailable,
            400..=499 => Code::BadRequest,
            _ => Code::Internal,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_real_status() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(code));
            assert!(code == Code::Internal || code.status() != StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
