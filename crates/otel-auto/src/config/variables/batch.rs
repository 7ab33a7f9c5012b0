//! The variables of the batch processors, of spans and of log records.

use crate::config::variable::Variable;

pub(in crate::config) static BSP_SCHEDULE_DELAY: Variable = Variable {
    name: "OTEL_BSP_SCHEDULE_DELAY",
    default: "5000",
    accepts: "milliseconds, from 0 to 2147483647",
    otherwise: "5000 is used",
};

pub(in crate::config) static BSP_EXPORT_TIMEOUT: Variable = Variable {
    name: "OTEL_BSP_EXPORT_TIMEOUT",
    default: "30000",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "30000 is used",
};

pub(in crate::config) static BSP_MAX_QUEUE_SIZE: Variable = Variable {
    name: "OTEL_BSP_MAX_QUEUE_SIZE",
    default: "2048",
    accepts: "spans, from 1 to 1000000",
    otherwise: "2048 is used",
};

pub(in crate::config) static BSP_MAX_EXPORT_BATCH_SIZE: Variable = Variable {
    name: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    default: "512",
    accepts: "spans, at least 1 and at most OTEL_BSP_MAX_QUEUE_SIZE",
    otherwise: "512 is used, or the queue size where that is less",
};

pub(in crate::config) static BLRP_SCHEDULE_DELAY: Variable = Variable {
    name: "OTEL_BLRP_SCHEDULE_DELAY",
    default: "1000",
    accepts: "milliseconds, from 0 to 2147483647",
    otherwise: "1000 is used",
};

pub(in crate::config) static BLRP_EXPORT_TIMEOUT: Variable = Variable {
    name: "OTEL_BLRP_EXPORT_TIMEOUT",
    default: "30000",
    accepts: "milliseconds, from 0 to 2147483647; 0 is without limit",
    otherwise: "30000 is used",
};

pub(in crate::config) static BLRP_MAX_QUEUE_SIZE: Variable = Variable {
    name: "OTEL_BLRP_MAX_QUEUE_SIZE",
    default: "2048",
    accepts: "log records, from 1 to 1000000",
    otherwise: "2048 is used",
};

pub(in crate::config) static BLRP_MAX_EXPORT_BATCH_SIZE: Variable = Variable {
    name: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    default: "512",
    accepts: "log records, at least 1 and at most OTEL_BLRP_MAX_QUEUE_SIZE",
    otherwise: "512 is used, or the queue size where that is less",
};
