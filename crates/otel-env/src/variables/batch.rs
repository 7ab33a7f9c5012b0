//! The variables of the batch processors for spans and log records.

use crate::variable::Variable;

pub(crate) static BSP_SCHEDULE_DELAY: Variable = Variable::new(
    "OTEL_BSP_SCHEDULE_DELAY",
    "5000",
    "milliseconds, from 0 to 2147483647",
    "5000 is used",
);

pub(crate) static BSP_EXPORT_TIMEOUT: Variable = Variable::new(
    "OTEL_BSP_EXPORT_TIMEOUT",
    "30000",
    "milliseconds, from 0 to 2147483647; 0 means no limit",
    "30000 is used",
);

pub(crate) static BSP_MAX_QUEUE_SIZE: Variable = Variable::new(
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "2048",
    "spans, from 1 to 1000000",
    "2048 is used",
);

pub(crate) static BSP_MAX_EXPORT_BATCH_SIZE: Variable = Variable::new(
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "512",
    "spans, at least 1 and at most OTEL_BSP_MAX_QUEUE_SIZE",
    "512 is used, or the queue size if that is less",
);

pub(crate) static BLRP_SCHEDULE_DELAY: Variable = Variable::new(
    "OTEL_BLRP_SCHEDULE_DELAY",
    "1000",
    "milliseconds, from 0 to 2147483647",
    "1000 is used",
);

pub(crate) static BLRP_EXPORT_TIMEOUT: Variable = Variable::new(
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "30000",
    "milliseconds, from 0 to 2147483647; 0 means no limit",
    "30000 is used",
);

pub(crate) static BLRP_MAX_QUEUE_SIZE: Variable = Variable::new(
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "2048",
    "log records, from 1 to 1000000",
    "2048 is used",
);

pub(crate) static BLRP_MAX_EXPORT_BATCH_SIZE: Variable = Variable::new(
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "512",
    "log records, at least 1 and at most OTEL_BLRP_MAX_QUEUE_SIZE",
    "512 is used, or the queue size if that is less",
);
