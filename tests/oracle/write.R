# JSON of nested lists, numbers with all their digits: what every script of this folder prints.
json <- function(x) {
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(parts, collapse = ","), "]"))
    return(paste0("{", paste0("\"", names(x), "\":", parts, collapse = ","), "}"))
  }
  if (is.logical(x)) {
    cells <- ifelse(is.na(x), "null", ifelse(x, "true", "false"))
  } else if (is.numeric(x)) {
    cells <- ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
  } else {
    cells <- ifelse(is.na(x), "null", paste0("\"", gsub("\"", "\\\\\"", as.character(x)), "\""))
  }
  if (length(x) == 1 && is.null(dim(x)) && !inherits(x, "vector")) return(cells)
  paste0("[", paste(cells, collapse = ","), "]")
}
write_answers <- function(cases) cat(json(cases), "\n")
